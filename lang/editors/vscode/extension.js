// Starts `netc lsp` for .net files.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async function () {
  const command = vscode.workspace.getConfiguration("netc").get("path") || "netc";
  client = new LanguageClient(
    "netc",
    "netc",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "netc" }],
      // Class lists and modules that change on disk are read again.
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{net,txt,names}") },
    },
  );
  await client.start();
};

exports.deactivate = () => client && client.stop();
