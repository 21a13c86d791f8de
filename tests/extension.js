// Runs the extension for VS Code named first with a stand-in for the editor; gives, as JSON, what it did with the
// settings named second: the servers that it started, the errors that it showed, and what changed at the end.
const Module = require("node:module");
const path = require("node:path");

const settings = JSON.parse(process.argv[3]);
const did = { servers: [], errors: [], running: 0 };
const nothing = { dispose() {} };
const commands = {};

class LanguageClient {
  constructor(id, name, server, client) {
    did.servers.push({ command: server.command, args: server.args, selector: client.documentSelector });
  }
  async start() {
    did.running += 1;
  }
  async stop() {
    did.running -= 1;
  }
}

const standIns = {
  vscode: {
    commands: { registerCommand: (name, run) => ((commands[name] = run), nothing) },
    window: { showErrorMessage: async (message) => void did.errors.push(message) },
    workspace: { getConfiguration: () => ({ get: (name) => settings[name] }), onDidChangeConfiguration: () => nothing },
  },
  "vscode-languageclient/node": { LanguageClient, TransportKind: { stdio: 0 } },
};
const load = Module._load;
Module._load = (name, ...rest) => standIns[name] ?? load(name, ...rest);

async function main() {
  const { activate, deactivate } = require(path.resolve(process.argv[2]));
  await activate({ subscriptions: [] });
  await commands["dana.restartServer"]();
  did.before = did.running;
  await deactivate();
  process.stdout.write(JSON.stringify(did));
}

main();
