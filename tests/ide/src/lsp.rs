//! As much of the language server protocol as it takes to ask about one file.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// A language server that has a file open.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    requests: u64,
    versions: u64,
    uri: String,
    is_idle: bool,
}

/// A place in a text, counted as the protocol does: from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// The character in it.
    pub(crate) character: usize,
}

impl Server {
    /// Starts `program` for the workspace at `root`, opens `file`, and waits until it has read everything.
    pub(crate) fn start(program: &str, root: &Path, package: &str, file: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .current_dir(root)
            .env("RA_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{program}` does not start"))?;
        let (input, output) = (process.stdin.take().context("an input")?, process.stdout.take().context("an output")?);
        let uri = uri(file);
        let mut server =
            Self { process, input, output: BufReader::new(output), requests: 0, versions: 0, uri: uri.clone(), is_idle: false };
        // Of the workspace only what the file needs is built.
        let build = ["cargo", "check", "--quiet", "--message-format=json", "--keep-going", "--examples", "--package", package];
        let version = server.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": self::uri(root),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": { "hover": { "contentFormat": ["plaintext"] }, "diagnostic": {} },
                },
                "initializationOptions": {
                    "checkOnSave": false,
                    "cachePriming": { "enable": false },
                    "cargo": { "buildScripts": { "overrideCommand": build } },
                },
            }),
        )?;
        println!("{} {}", text(&version["serverInfo"]["name"]), text(&version["serverInfo"]["version"]));
        server.notify("initialized", json!({}))?;
        let text = fs::read_to_string(file)?;
        server
            .notify("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "rust", "version": 0, "text": text } }))?;
        while !server.is_idle {
            server.receive()?;
        }
        Ok(server)
    }

    /// Has the file say something else, without writing it.
    pub(crate) fn edit(&mut self, text: &str) -> Result<()> {
        self.versions += 1;
        let document = json!({ "uri": self.uri, "version": self.versions });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }))
    }

    /// Where what stands at the place is defined: files, and places in them.
    pub(crate) fn definitions(&mut self, place: Place) -> Result<Vec<(String, Place)>> {
        let found = self.ask("textDocument/definition", place)?;
        let found = if found.is_array() { found.as_array().cloned().unwrap_or_default() } else { vec![found] };
        let mut places: Vec<(String, Place)> = Vec::new();
        for location in found {
            let (uri, range) = if location["uri"].is_string() { ("uri", "range") } else { ("targetUri", "targetSelectionRange") };
            let start = &location[range]["start"];
            let number = |key: &str| start[key].as_u64().and_then(|number| usize::try_from(number).ok());
            let (Some(line), Some(character)) = (number("line"), number("character")) else { continue };
            let found = (text(&location[uri]), Place { line, character });
            if !places.contains(&found) {
                places.push(found);
            }
        }
        Ok(places)
    }

    /// What is said of what stands at the place.
    pub(crate) fn hover(&mut self, place: Place) -> Result<String> {
        Ok(text(&self.ask("textDocument/hover", place)?["contents"]["value"]))
    }

    /// What could be written at the place.
    pub(crate) fn completions(&mut self, place: Place) -> Result<Vec<String>> {
        let found = self.ask("textDocument/completion", place)?;
        let items = if found.is_array() { found } else { found["items"].clone() };
        Ok(items.as_array().into_iter().flatten().map(|item| text(&item["label"])).collect())
    }

    /// What is wrong in the file, as far as the server itself knows.
    pub(crate) fn mistakes(&mut self) -> Result<Vec<String>> {
        let found = self.request("textDocument/diagnostic", json!({ "textDocument": { "uri": self.uri } }))?;
        let items = found["items"].as_array().into_iter().flatten();
        Ok(items.map(|item| format!("{}: {}", item["range"]["start"]["line"], text(&item["message"]))).collect())
    }

    /// The file that it has open.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// Ends it.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.request("shutdown", Value::Null)?;
        self.notify("exit", Value::Null)?;
        self.process.wait()?;
        Ok(())
    }

    fn ask(&mut self, method: &str, place: Place) -> Result<Value> {
        let position = json!({ "line": place.line, "character": place.character });
        self.request(method, json!({ "textDocument": { "uri": self.uri }, "position": position }))
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        loop {
            self.requests += 1;
            let id = self.requests;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
            let mut answer = loop {
                if let Some(answer) = self.receive()?.filter(|answer| answer["id"] == id) {
                    break answer;
                }
            };
            // What it was asked about has changed meanwhile: it has found a macro's program, or a file.
            const CONTENT_MODIFIED: i64 = -32801;
            match &answer["error"] {
                Value::Null => return Ok(answer["result"].take()),
                error if error["code"] == CONTENT_MODIFIED => {}
                error => bail!("{method}: {error}"),
            }
        }
    }

    fn notify(&mut self, method: &str, params: Value) -> Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(self.input.flush()?)
    }

    /// The next message, if it is an answer. What the server asks is answered with nothing.
    fn receive(&mut self) -> Result<Option<Value>> {
        let mut length = 0;
        loop {
            let mut header = String::new();
            if self.output.read_line(&mut header)? == 0 {
                bail!("the server has ended");
            }
            match header.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse()?,
                None if header.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body)?;
        let message: Value = serde_json::from_slice(&body)?;
        match message["method"].as_str() {
            None => return Ok(Some(message)),
            Some("experimental/serverStatus") => {
                self.is_idle = message["params"]["quiescent"] == true;
                if message["params"]["health"] == "error" {
                    bail!("{}", text(&message["params"]["message"]));
                }
            }
            Some(_) => {}
        }
        if !message["id"].is_null() {
            let asked = message["params"]["items"].as_array().map(|items| vec![Value::Null; items.len()]);
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": asked }))?;
        }
        Ok(None)
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
