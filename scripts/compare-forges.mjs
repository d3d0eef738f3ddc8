// Compares the fields that the tests' stand-ins for forges know with those of published clients; called by
// scripts/compare-forges with the folder of the clients.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const modules = process.argv[2];
const types = (name) => {
  const folder = join(modules, name, "dist");
  return readFileSync(join(folder, readdirSync(folder).find((file) => file.endsWith(".d.ts"))), "utf8");
};
const standIn = (name) => readFileSync(`tests/pull_requests/${name}.rs`, "utf8");
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const fail = (message) => {
  console.log(message);
  process.exitCode = 1;
};

// The text between the first bracket after `from` and the one that closes it.
function block(text, from, [open, close] = "{}") {
  const start = text.indexOf(open, text.indexOf(from) + from.length - (from.endsWith(open) ? 1 : 0));
  if (text.indexOf(from) < 0 || start < 0) throw new Error(`there is no ${from}`);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === open) depth += 1;
    if (text[at] === close && --depth === 0) return text.slice(start + 1, at);
  }
  throw new Error(`${from} has no end`);
}
// The names on the first level of a TypeScript type.
function fields(type) {
  let depth = 0;
  const names = [];
  for (const line of type.replace(/\/\*[\s\S]*?\*\//g, "").split("\n")) {
    const name = depth === 0 && line.match(/^\s*(\w+)\??:/);
    if (name) names.push(snake(name[1]));
    depth += (line.match(/[{(]/g) ?? []).length - (line.match(/[})]/g) ?? []).length;
  }
  return names;
}
const strings = (text) => [...text.matchAll(/"(\w+)"/g)].map((found) => found[1]);
// What the stand-in takes behind a mark: the list of the next call of `known`.
const taken = (rust, mark) => {
  const behind = rust.slice(rust.indexOf(mark));
  if (!rust.includes(mark)) throw new Error(`there is no ${mark}`);
  const call = block(behind, "known(", "()");
  return strings(call.slice(call.lastIndexOf("&[")));
};
// What it answers with: the keys on the first level of the last object of its function `shown`.
const shown = (rust) => {
  const body = rust.slice(rust.indexOf("fn shown("));
  const whole = body.slice(0, body.indexOf("\n}\n")).replace(/format!\("[^"]*"/g, "format!(0");
  return keys(block(whole.slice(whole.lastIndexOf("json!({")), "json!({"));
};
function keys(object) {
  let depth = 0;
  return [...object.matchAll(/[{(\[]|[})\]]|"(\w+)":/g)].flatMap(([text, name]) => {
    if ("{([".includes(text)) depth += 1;
    else if ("})]".includes(text)) depth -= 1;
    else if (depth === 0) return [name];
    return [];
  });
}

let compared = 0;
function compare(what, ours, theirs) {
  if (ours.length === 0 || theirs.length === 0) fail(`${what}: nothing to compare`);
  for (const name of ours) {
    compared += 1;
    if (!theirs.includes(name)) fail(`${what}: the published client has no ${name}`);
  }
}

for (const name of ["gitea", "forgejo"]) {
  const [client, rust] = [types(`${name}-js`), standIn("gitea")];
  const type = (wanted) => fields(block(client, `interface ${wanted} {`));
  const query = (call) => fields(block(client, `${call}: (owner: string, repo: string, query?: {`));
  compare(`${name}, list`, taken(rust, '("GET", ["pulls"])'), query("repoListPullRequests"));
  compare(`${name}, labels`, ["limit", "page"], query("issueListLabels"));
  compare(`${name}, create`, taken(rust, '("POST", ["pulls"])'), type("CreatePullRequestOption"));
  compare(`${name}, edit`, taken(rust, '("PATCH", ["pulls"'), type("EditPullRequestOption"));
  compare(`${name}, reviewers`, taken(rust, '"requested_reviewers"]'), type("PullReviewRequestOptions"));
  compare(`${name}, add labels`, taken(rust, '("POST", ["issues", number, "labels"])'), type("IssueLabelsOption"));
  compare(`${name}, comment`, ["body"], type("CreateIssueCommentOption"));
  const head = rust.slice(rust.indexOf("fn shown("));
  compare(`${name}, answer`, shown(rust), type("PullRequest"));
  compare(`${name}, branch`, keys(block(head, '"head": {')), type("PRBranchInfo"));
}

const [client, rust] = [types("@gitbeaker/core"), standIn("gitlab")];
const edit = fields(block(client, "type EditMergeRequestOptions = {"));
const made = block(client, "type CreateMergeRequestOptions = ", "<>");
const type = (wanted, of) => fields(block(client, `interface ${wanted} extends ${of} {`));
// Pages are the same everywhere; source, target and title are arguments of their own.
compare("gitlab, list", taken(rust, "fn list("), [...fields(block(client, "type AllMergeRequestsOptions = {")), "per_page"]);
compare("gitlab, create", taken(rust, "fn create("), [
  ...[...made.matchAll(/'(\w+)'/g)].map((found) => snake(found[1])),
  ...["source_branch", "target_branch", "title"],
]);
compare("gitlab, edit", taken(rust, "fn update("), edit);
compare("gitlab, answer", shown(rust), [
  ...type("CondensedMergeRequestSchema", "Record<string, unknown>"),
  ...type("MergeRequestSchema", "CondensedMergeRequestSchema"),
]);
console.log(`${compared} fields compared${process.exitCode ? "" : ", all published"}`);
