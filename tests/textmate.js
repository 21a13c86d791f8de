// Tokenises the texts in a JSON list on standard input with the grammar named first; gives, as JSON, for each text
// the spans [start, end, scope], the innermost scope of each, in characters of JavaScript.
const fs = require("fs");
const path = require("path");
const { OnigScanner, OnigString, loadWASM } = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

async function main(file) {
  await loadWASM(fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm")));
  const onigLib = {
    createOnigScanner: (patterns) => new OnigScanner(patterns),
    createOnigString: (text) => new OnigString(text),
  };
  const load = async () => parseRawGrammar(fs.readFileSync(file, "utf-8"), file);
  const grammar = await new Registry({ onigLib: Promise.resolve(onigLib), loadGrammar: load }).loadGrammar("source.dana");
  const results = JSON.parse(fs.readFileSync(0, "utf-8")).map((text) => {
    const spans = [];
    let state = INITIAL;
    let offset = 0;
    for (const line of text.split("\n")) {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
      for (const token of tokens) {
        const end = Math.min(token.endIndex, line.length);
        spans.push([offset + token.startIndex, offset + end, token.scopes.slice(1).join(" ")]);
      }
      state = ruleStack;
      offset += line.length + 1;
    }
    return spans;
  });
  process.stdout.write(JSON.stringify(results));
}

main(process.argv[2]);
