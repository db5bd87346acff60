//! `workspace/executeCommand`: the public commands. Each takes one object and returns the JSON of its command line.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{self as lsp, Url};

use super::edit::{change, drawn, review};
use super::features::{Question, StateSnapshot};
use super::progress::Progress;
use super::{Server, actions, answers, message, trust, work};
use crate::engine::Cancel;
use crate::features::edit::{self, How, Instruction, Problem};
use crate::features::{Target, preview};
use crate::text::Text;
use crate::workspace::{Document, uri};

/// Parameters of `workspace/executeCommand`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    command: String,
    arguments: Option<Vec<Value>>,
    work_done_token: Option<Value>,
}

/// The possible arguments of our commands.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Argument {
    uri: Option<Url>,
    range: Option<lsp::Range>,
    position: Option<lsp::Position>,
    question: Option<String>,
    instruction: Option<String>,
    /// The kind of a code action instead of an instruction; its title, and the problems it should fix, in words.
    action: Option<String>,
    title: Option<String>,
    problems: Vec<String>,
    /// The document's LSP diagnostics; of these the model sees the ones at the place of an instruction. If a client sends none, the
    /// diagnostics are used that it has sent with requests for code actions.
    diagnostics: Option<Vec<Value>>,
    /// The budget in tokens.
    budget: Option<usize>,
    /// For the preview of a completion: "automatic" or "invoked".
    trigger: Option<String>,
    /// The client's token for the stream of this answer.
    stream_token: Option<Value>,
    /// Keep the hunks for a decision on each.
    review: bool,
}

/// Runs a command and returns its JSON.
pub async fn execute(server: &Server, params: Call) -> Result<Value> {
    trust::take_over(server);
    let raw = params.arguments.into_iter().flatten().next().filter(|argument| !argument.is_null()).unwrap_or_else(|| json!({}));
    let argument: Argument = serde_json::from_value(raw.clone()).map_err(|error| Error::invalid_params(error.to_string()))?;
    let token = params.work_done_token;
    match params.command.as_str() {
        "longsight.explain" => {
            let (snapshot, place) = place(server, &argument).await?;
            let line = place.document.text.line_of(place.bytes.start) + 1;
            let name = format!("Explain {}:{line}", uri::name(&place.document.uri));
            answer(server, snapshot, Question::Explain(place), &name, token, argument).await
        }
        "longsight.ask" => {
            let question = argument.question.clone().filter(|question| !question.trim().is_empty());
            let question = question.ok_or_else(|| Error::invalid_params("the argument needs a `question`"))?;
            let name = question.clone();
            answer(server, server.snapshot(), Question::Ask(question), &name, token, argument).await
        }
        "longsight.edit" => change(server, token, argument).await,
        "longsight.acceptHunk" => review::accept(server, &raw).await,
        "longsight.rejectHunk" => review::reject(server, &raw),
        "longsight.explainHunk" => review::explain(server, &raw),
        "longsight.contextPreview" => context_preview(server, argument).await,
        "longsight.status" => Ok(status(server)),
        "longsight.trust" => trust::command(server, &raw).await,
        other => Err(Error::invalid_params(format!("there is no command `{other}`"))),
    }
}

async fn answer(
    server: &Server,
    snapshot: StateSnapshot,
    question: Question,
    name: &str,
    token: Option<Value>,
    argument: Argument,
) -> Result<Value> {
    let cancel = Cancel::new();
    let _stop = cancel.clone().drop_guard();
    let progress = Progress::begin(server, token, name, &cancel);
    let about = match &question {
        Question::Explain(place) => place.document.uri.clone(),
        Question::Ask(_) => String::new(),
    };
    let sink = answers::streaming(server, argument.stream_token, progress);
    let work = server.work.patient(server.features().answer(snapshot, question, cancel.clone(), sink));
    let answer = work::finished(work, &cancel).await?;
    answers::open(server, name, &about, &answer);
    Ok(answer)
}

async fn change(server: &Server, token: Option<Value>, argument: Argument) -> Result<Value> {
    let (snapshot, at) = place(server, &argument).await?;
    let (how, title) = wanted(server, &argument, Some(&at.document))?;
    let cancel = Cancel::new();
    let _stop = cancel.clone().drop_guard();
    let progress = Progress::begin(server, token, &title, &cancel);
    let sink = answers::streaming(server, argument.stream_token, progress);
    let marked = at.document.clone();
    let worked = change::work_out(server, snapshot, edit::Params { at, how }, &cancel, sink).await?;
    Ok(change::settle(server, &title, worked, argument.review, &marked).await)
}

/// What `longsight.edit` should do, and its title.
fn wanted(server: &Server, argument: &Argument, document: Option<&Document>) -> Result<(How, String)> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    if let Some(words) = given(&argument.instruction) {
        let told = argument.problems.iter().map(|message| Problem { message: message.clone(), lines: None });
        let heard = || {
            let still = |document: &Document| server.with(|state| Some(state.open_as(document)?.1.diagnostics.still(&document.text)));
            document.and_then(still).unwrap_or_default()
        };
        let known = argument.diagnostics.as_ref().map(|said| said.iter().filter_map(actions::problem).collect());
        let problems = told.chain(known.unwrap_or_else(heard)).collect();
        return Ok((How::Instruction(Instruction { words: words.clone(), problems }), words));
    }
    let kind = given(&argument.action).ok_or_else(|| Error::invalid_params("the argument needs an `instruction`"))?;
    let title = given(&argument.title).unwrap_or_else(|| kind.clone());
    Ok((How::Action { kind, problems: argument.problems.clone() }, title))
}

async fn context_preview(server: &Server, argument: Argument) -> Result<Value> {
    // A question is about the whole repository.
    let known = match (&argument.question, &argument.uri) {
        (None, Some(_)) => Some(place(server, &argument).await?),
        _ => None,
    };
    if known.is_none() && argument.question.is_none() {
        return Err(Error::invalid_params("the argument needs `uri` and `position` or `range`, or a `question`"));
    }
    let (snapshot, at) = known.map_or_else(|| (server.snapshot(), None), |(snapshot, place)| (snapshot, Some(place)));
    let how = match (&argument.instruction, &argument.action) {
        (None, None) => None,
        _ => Some(wanted(server, &argument, at.as_ref().map(|at| &*at.document))?.0),
    };
    let invoked = argument.trigger.as_deref().map(|trigger| trigger == "invoked");
    let params = preview::Params { at, how, invoked, question: argument.question, budget: argument.budget };
    server.work.patient(server.features().preview(snapshot, params)).await?.map_err(|error| message::failed(&error))
}

fn status(server: &Server) -> Value {
    let mut status = server.features().status(&server.snapshot());
    server.with(|state| {
        status["version"] = json!(env!("CARGO_PKG_VERSION"));
        let counts = |root: &&Url| root.to_file_path().is_ok_and(|folder| !state.left_alone.contains(&folder));
        status["roots"] = json!(state.editor.roots.iter().filter(counts).collect::<Vec<_>>());
        status["documents"] = json!(state.documents().count());
        status["hunks"] = json!(state.hunks.len());
        status["pending"] = drawn::list(state);
        status["trust"] = trust::status(state.trust);
    });
    status
}

/// The place in an argument: in an open document if that is in step, else in the file on disk.
async fn place(server: &Server, argument: &Argument) -> Result<(StateSnapshot, Target)> {
    let uri = argument.uri.as_ref().ok_or_else(|| Error::invalid_params("the argument needs a `uri`"))?;
    let range = argument.range.or(argument.position.map(|at| lsp::Range { start: at, end: at }));
    let range = range.ok_or_else(|| Error::invalid_params("the argument needs a `range` or a `position`"))?;
    let (snapshot, document) = match server.snapshot_of(uri) {
        Some(known) => known,
        None if server.with(|state| state.document(uri).is_some() || state.is_pending(uri)) => {
            let reason = "longsight has lost track of its text, or it is none; close and open it, then ask again";
            return Err(message::failure(&format!("{}: {reason}", uri::name(uri.as_str()))));
        }
        None => read_closed(server, uri).await?,
    };
    let bytes = server.with(|state| state.editor.bytes(&document.text, range));
    Ok((snapshot, Target { document, bytes }))
}

/// Reads a file that is not open, off the protocol's threads.
async fn read_closed(server: &Server, uri: &Url) -> Result<(StateSnapshot, Arc<Document>)> {
    let (snapshot, name) = (server.snapshot(), uri::name(uri.as_str()));
    let workspace = snapshot.workspace.clone();
    let wanted = uri.to_string();
    let read = move || {
        let path = workspace.roots.locate_uri(&wanted).ok_or("it is neither open nor a file of the workspace; open it, then ask again")?;
        let text = workspace.read_exact(&path).map_err(|error| error.to_string())?;
        Ok::<_, String>(Document::on_disk(path, Text::new(&text)))
    };
    let read = server.work.patient(Box::pin(async move { read() })).await?;
    let document = read.map_err(|reason| message::failure(&format!("{name}: {reason}")))?;
    Ok((snapshot, Arc::new(document)))
}
