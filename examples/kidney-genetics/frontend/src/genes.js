const answer = await fetch(`${window.settings.api}/genes`)
const list = document.getElementById('genes')
for (const gene of await answer.json()) {
  const item = document.createElement('li')
  item.textContent = gene
  list.append(item)
}
