//! `workspace/executeCommand`: the public commands. Each takes one object and returns the same JSON as its command-line equivalent.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Url;

use super::arguments::{self, AskArgument, EditArgument, EditRequest, ExplainArgument, Location, PreviewArgument};
use super::edit::{delivery, hunk_view, review};
use super::progress::Progress;
use super::service::{Question, StateSnapshot};
use super::state::State;
use super::{Server, actions, answers, message, trust, work};
use crate::engine::Cancel;
use crate::features::edit::{self, How, Instruction, Problem};
use crate::features::{Target, preview};
use crate::text::Text;
use crate::workspace::{Document, Sync, uri};

/// Parameters of `workspace/executeCommand`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteCommandParams {
    command: String,
    arguments: Option<Vec<Value>>,
    work_done_token: Option<Value>,
}

/// Runs a command and returns its JSON.
pub async fn execute(server: &Server, params: ExecuteCommandParams) -> Result<Value> {
    trust::pick_up_decision(server);
    let argument = arguments::only(params.arguments);
    let token = params.work_done_token;
    match params.command.as_str() {
        "longsight.explain" => explain(server, token, arguments::read(&argument)?).await,
        "longsight.ask" => ask(server, token, arguments::read(&argument)?).await,
        "longsight.edit" => edit(server, token, arguments::read(&argument)?).await,
        "longsight.acceptHunk" => review::accept(server, &argument).await,
        "longsight.rejectHunk" => review::reject(server, &argument),
        "longsight.explainHunk" => review::explain(server, &argument),
        "longsight.contextPreview" => context_preview(server, arguments::read(&argument)?).await,
        "longsight.status" => Ok(status(server)),
        "longsight.trust" => trust::command(server, &argument).await,
        other => Err(Error::invalid_params(format!("there is no command `{other}`"))),
    }
}

async fn explain(server: &Server, token: Option<Value>, argument: ExplainArgument) -> Result<Value> {
    let (snapshot, place) = locate(server, &argument.location).await?;
    let line = place.document.text.line_of(place.bytes.start) + 1;
    let name = format!("Explain {}:{line}", uri::name(&place.document.uri));
    let shown = Shown { name: &name, about: &place.document.uri.clone(), token, stream_token: argument.stream_token };
    answer(server, snapshot, Question::Explain(place), shown).await
}

async fn ask(server: &Server, token: Option<Value>, argument: AskArgument) -> Result<Value> {
    let question = argument.question()?.to_string();
    let shown = Shown { name: &question, about: "", token, stream_token: argument.stream_token };
    answer(server, server.snapshot(), Question::Ask(question.clone()), shown).await
}

/// How an answer is shown while it is made and when it is done.
struct Shown<'a> {
    name: &'a str,
    /// The document that the answer is about; empty if it is about none.
    about: &'a str,
    /// The client's token for progress, and the one for the stream.
    token: Option<Value>,
    stream_token: Option<Value>,
}

async fn answer(server: &Server, snapshot: StateSnapshot, question: Question, shown: Shown<'_>) -> Result<Value> {
    let cancel = Cancel::new();
    let _stop = cancel.clone().drop_guard();
    let progress = Progress::begin(server, shown.token, shown.name, &cancel);
    let sink = answers::streaming(server, shown.stream_token, progress);
    let work = server.workers.spawn_on_own_thread(server.features().answer(snapshot, question, cancel.clone(), sink));
    let mut partial = None;
    let watched = async {
        let outcome = work.await;
        if let Ok(Err(failed)) = &outcome {
            partial = (!failed.partial.is_empty()).then(|| json!({ "text": failed.partial }));
        }
        outcome
    };
    let answer = work::finished(watched, &cancel).await;
    if let Some(shown_now) = answer.as_ref().ok().or(partial.as_ref()) {
        answers::open(server, shown.name, shown.about, shown_now);
    }
    answer.map_err(|error| Error { data: partial, ..error })
}

async fn edit(server: &Server, token: Option<Value>, argument: EditArgument) -> Result<Value> {
    let (snapshot, at) = locate(server, &argument.location).await?;
    let (how, title) = how(server, &argument.request, Some(&at.document))?;
    let cancel = Cancel::new();
    let _stop = cancel.clone().drop_guard();
    let progress = Progress::begin(server, token, &title, &cancel);
    let sink = answers::streaming(server, argument.stream_token, progress);
    let marked = at.document.clone();
    let computed = delivery::compute_edit(server, snapshot, edit::Params { at, how }, &cancel, sink).await?;
    Ok(delivery::deliver(server, &title, computed, argument.review, &marked).await)
}

/// What an edit should do, and its title.
fn how(server: &Server, request: &EditRequest, document: Option<&Document>) -> Result<(How, String)> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    if let Some(words) = given(&request.instruction) {
        let told = request.problems.iter().map(|message| Problem { message: message.clone(), lines: None });
        let heard = || {
            let still = |document: &Document| server.with(|state| Some(state.open_as(document)?.1.diagnostics.still(&document.text)));
            document.and_then(still).unwrap_or_default()
        };
        let known = request.diagnostics.as_ref().map(|said| said.iter().filter_map(actions::problem).collect());
        let problems = told.chain(known.unwrap_or_else(heard)).collect();
        return Ok((How::Instruction(Instruction { words: words.clone(), problems }), words));
    }
    let kind = given(&request.action).ok_or_else(|| arguments::needs("an `instruction` or an `action`"))?;
    let title = given(&request.title).unwrap_or_else(|| kind.clone());
    Ok((How::Action { kind, problems: request.problems.clone() }, title))
}

async fn context_preview(server: &Server, argument: PreviewArgument) -> Result<Value> {
    let PreviewArgument { location, request, question, budget, trigger } = argument;
    // A question is about the whole repository.
    let known = if question.is_none() && location.is_given() { Some(locate(server, &location).await?) } else { None };
    if known.is_none() && question.is_none() {
        return Err(arguments::needs("`uri` and `position` or `range`, or a `question`"));
    }
    let (snapshot, at) = known.map_or_else(|| (server.snapshot(), None), |(snapshot, place)| (snapshot, Some(place)));
    let is_edit = request.instruction.is_some() || request.action.is_some();
    let document = at.as_ref().map(|at| &*at.document);
    let how = if is_edit { Some(how(server, &request, document)?.0) } else { None };
    let invoked = trigger.map(|trigger| trigger == "invoked");
    let params = preview::Params { at, how, invoked, question, budget };
    server.workers.spawn_on_own_thread(server.features().preview(snapshot, params)).await?.map_err(|error| message::from_engine(&error))
}

fn status(server: &Server) -> Value {
    let mut status = server.features().status(&server.snapshot());
    server.with(|state| {
        status["version"] = json!(env!("CARGO_PKG_VERSION"));
        let counts = |root: &&Url| root.to_file_path().is_ok_and(|folder| !state.left_alone.contains(&folder));
        status["roots"] = json!(state.editor.roots.iter().filter(counts).collect::<Vec<_>>());
        status["documents"] = json!(state.documents().count());
        status["hunks"] = json!(state.hunks.len());
        status["pending"] = hunk_view::list(state);
        status["trust"] = trust::status(state.trust.current);
    });
    status
}

/// The place that an argument names: in an open document if that is in sync, else in the file on disk.
async fn locate(server: &Server, location: &Location) -> Result<(StateSnapshot, Target)> {
    let (uri, range) = location.resolved()?;
    let (snapshot, document) = match server.snapshot_of(uri) {
        Some(known) => known,
        None => match server.with(|state| unusable(state, uri)) {
            Some(reason) => return Err(message::request_failed(&format!("{}: {reason}", uri::name(uri.as_str())))),
            None => read_closed(server, uri).await?,
        },
    };
    let bytes = server.with(|state| state.editor.bytes(&document.text, range));
    Ok((snapshot, Target { document, bytes }))
}

/// Why an open document has no text to ask about, or its folder cannot be read yet, and what to do; none if neither is the case.
fn unusable(state: &State, uri: &Url) -> Option<String> {
    if state.is_pending(uri) {
        return Some("its folder was opened just now and is not checked yet; ask again in a moment".into());
    }
    match state.document(uri)?.document.sync {
        Sync::TooLarge => Some("it is larger than 32 MiB, which longsight leaves alone; ask about a smaller file".into()),
        Sync::Lost(why) => Some(format!("longsight has lost track of its text ({why}); close and open it, then ask again")),
        Sync::InStep => Some("it is not a text file, since its start has a NUL; ask about a text file".into()),
    }
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
    let read = server.workers.spawn_on_own_thread(Box::pin(async move { read() })).await?;
    let document = read.map_err(|reason| message::request_failed(&format!("{name}: {reason}")))?;
    Ok((snapshot, Arc::new(document)))
}
