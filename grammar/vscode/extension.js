// The client of Dana's language server: starts `dana lsp`, and says what to install where it is not there.

const { spawn } = require("node:child_process");
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

const INSTALL = "pip install dana";

let client;

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("dana.restartServer", restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("dana") && restart()),
  );
  await start();
}

async function deactivate() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function restart() {
  await deactivate();
  await start();
}

async function start() {
  const settings = vscode.workspace.getConfiguration("dana");
  if (!settings.get("server")) return;
  const command = settings.get("command");
  const problem = await lacking(command);
  if (problem) return complain(problem);
  client = new LanguageClient(
    "dana",
    "Dana",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    { documentSelector: [{ language: "dana" }] },
  );
  try {
    await client.start();
  } catch (error) {
    complain(`The language server did not start: ${error.message}`);
  }
}

/** What is wrong with the command, or undefined: it must be there, and know `lsp`. */
function lacking(command) {
  return new Promise((resolve) => {
    const child = spawn(command, ["help", "lsp"], { stdio: "ignore" });
    child.on("error", () => resolve(`There is no command ${command}: install it with \`${INSTALL}\`, or say where it is.`));
    child.on("exit", (code) =>
      resolve(code ? `${command} has no language server: install a newer one with \`${INSTALL} --upgrade\`.` : undefined),
    );
  });
}

async function complain(message) {
  const settings = "Open Settings";
  if ((await vscode.window.showErrorMessage(message, settings)) === settings)
    await vscode.commands.executeCommand("workbench.action.openSettings", "dana.");
}

module.exports = { activate, deactivate };
