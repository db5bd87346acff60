//! Answers in words, for explanations and questions: written by the scout, streamed as inert markdown, with every named place checked.

pub mod circles;
pub mod cite;
mod vocabulary;

use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::Instant;

use serde::Serialize;

use crate::context::{Kind, Part, Stretch, stretch};
use crate::dialect::{Chat, Message, Role};
use crate::engine::{Ask, Cancel, Caps, EngineError, ErrorKind, Event, Finish, Finished, Priority, Request};
use crate::features::inert::{Inert, inert};
use crate::features::sent::SentPlaces;
use crate::features::{AnswerEvent, Session, Sink, Timing};
use crate::route::{Choice, Decision, Task};
use crate::text::markdown::{code_spans, fence_at};
use circles::Circles;
use cite::words::names_line;
use cite::{Checker, Citation, NamedBy, without_files_of_lines};

/// The answer to a question.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Markdown from which no renderer fetches or runs anything.
    pub text: String,
    /// It has no proper end: most often it ran out of tokens, or went in circles. Its last words say so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    pub citations: Vec<Citation>,
    pub route: Decision,
    pub timing: Timing,
    /// Places that the model was shown, `path:first-last`.
    pub sent: Vec<String>,
}

/// A question that no engine has been chosen for yet.
pub(super) struct Question<'a> {
    pub session: &'a Session,
    pub task: Task,
    /// The rules for the model.
    pub system: &'a str,
    /// The file that the question is about.
    pub subject: Option<String>,
    /// Maximum tokens of the answer.
    pub length: u32,
    /// Tokens of the window that are not for the repository: those of the rules and of the answer.
    pub besides: usize,
    pub started: Instant,
}

/// A prompt, and the places of the repository whose text it contains, in order.
pub(super) struct Prompt {
    pub text: String,
    pub parts: Vec<Part>,
}

/// A conversation of rules and a question.
pub(super) fn chat(rules: &str, text: &str) -> Chat {
    Chat { messages: vec![Message::new(Role::System, rules), Message::new(Role::User, text)], ..Chat::default() }
}

/// The parts that may contain the answer, most relevant first. Signatures, whole files and maps are left out, because they say little about
/// a single question.
fn telling(parts: &[Part]) -> Vec<Stretch> {
    let (here, others): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| part.kind == Kind::Current);
    let others = others.into_iter().filter(|part| !matches!(part.kind, Kind::Outline | Kind::File | Kind::Signature));
    here.into_iter().chain(others).map(Stretch::from).collect()
}

/// Appended to an answer that ran out of tokens, as markdown.
const CUT: &str = "\n\n*(The answer was cut off here: it had become too long.)*\n";
/// Appended to an answer that went in circles.
const CIRCLES: &str = "\n\n*(The answer was cut off here: from here on it repeated itself.)*\n";
/// Maximum places that are listed because the model was shown them, although its answer does not name them.
const LISTED: usize = 5;

impl Question<'_> {
    /// Asks, streams and checks. `prompt` makes the question for an engine and its room.
    ///
    /// # Errors
    /// No engine answered to the end. The text before that is in the error, checked like an answer, and its last words say that it breaks
    /// off.
    pub async fn ask(
        self,
        cancel: &Cancel,
        sink: &Sink,
        mut prompt: impl FnMut(&Choice, &Caps) -> Prompt + Send,
    ) -> Result<Answer, EngineError> {
        let (mut shown, mut seen, mut sent) = (vec![], vec![], SentPlaces::default());
        let mut ready_ms = 0.0;
        let (system, length, besides, started) = (self.system, self.length, self.besides, self.started);
        let mut stream = Stream::new(self.session, self.subject.clone(), sink);
        let (tell_near, near) = mpsc::channel();
        let build = |choice: &Choice, caps: &Caps| {
            if caps.context as usize <= besides {
                return Err(no_room(&choice.decision, caps.context));
            }
            choice.engine.tokens().prepare();
            let prompt = prompt(choice, caps);
            shown = telling(&prompt.parts);
            seen = prompt.parts.iter().map(Stretch::from).collect::<Vec<_>>();
            sent.add(choice, seen.iter().cloned());
            // The receiver lives as long as the events, so this cannot fail.
            let _ = tell_near.send(paths(&seen));
            ready_ms = started.elapsed().as_secs_f64() * 1000.0;
            let ask = Ask::Chat(chat(system, &prompt.text));
            Ok(Request { ask, max_tokens: length, temperature: 0.0, stop: vec![], priority: Priority::Normal })
        };
        let shows = &mut stream;
        let each = move |event: &Event| {
            near.try_iter().for_each(|near| shows.begin(near));
            shows.take(event)
        };
        let mut served = match self.session.router().run_while(&self.task, cancel, build, each).await {
            Ok(served) => served,
            Err(failed) => return Err(stream.breaks_off(failed.into(), paths(&seen))),
        };
        stream.finish();
        let circles = circles::kept(&served.answer.text);
        circles.into_iter().for_each(|kept| served.answer.text.truncate(kept));
        let end = circles.map(|_| CIRCLES.into()).or_else(|| cut_off(&served.answer.finished));
        let cut = end.is_some();
        if served.answer.text.trim().is_empty() {
            let nothing = silent(&served.decision, &served.answer.reasoning, cut);
            self.session.router().came_to_nothing(&self.task, &nothing);
            return Err(nothing);
        }
        if let Some(end) = &end {
            stream.tell(end.clone());
        }
        let timing = Timing { ready_ms, engine: served.answer.finished.timing.clone() };
        let (text, mut citations) = Checker::after(stream.checker, paths(&seen)).check(served.answer.text.trim());
        add_shown(&mut citations, &shown);
        let sent = stretch::words(&sent.into_places());
        let text = inert(&text) + end.as_deref().unwrap_or_default();
        Ok(Answer { text, cut, citations, route: served.decision, timing, sent })
    }
}

fn paths(seen: &[Stretch]) -> Vec<String> {
    seen.iter().map(|place| place.path.clone()).collect()
}

/// The note after an answer that has no proper end.
fn cut_off(finished: &Finished) -> Option<String> {
    let is_cut = finished.reason == Finish::Length;
    is_cut.then(|| match &finished.cut {
        Some(word) => format!("\n\n*(The answer was cut off here: the server ended it: {}.)*\n", inert(word)),
        None => CUT.into(),
    })
}

/// The error for a context window that has no room for a question.
fn no_room(by: &Decision, window: u32) -> EngineError {
    let message = format!(
        "the window of {} is {window} tokens, as its server or `context` says: nothing of the repository has room in it; start the server \
         with a larger one, or correct `context` of [engines.{}]",
        by.model, by.engine
    );
    EngineError::new(ErrorKind::TooLong, message)
}

/// Why there is no answer, and what helps.
fn silent(by: &Decision, reasoning: &str, cut: bool) -> EngineError {
    let what = match (reasoning.trim().is_empty(), cut) {
        (false, true) => "thought until its tokens were used up, and wrote no answer",
        (false, false) => "thought, and wrote no answer",
        (true, _) => "wrote no answer",
    };
    let message = format!(
        "the model {} {what}; ask again in other words, or let another one answer: `scout` below [roles] in the configuration",
        by.model
    );
    EngineError::new(ErrorKind::Garbled, message)
}

/// An answer on its way to the user, word by word. A part that names a file, a line or a name is held back until it is complete and
/// checked.
struct Stream<'a> {
    session: &'a Session,
    checker: Checker<'a>,
    filter: Inert,
    circles: Circles,
    held: String,
    /// Bytes of the answer that have been shown, and so are no longer in `held`.
    gone: usize,
    has_text: bool,
    has_thoughts: bool,
    sink: &'a Sink,
}

impl<'a> Stream<'a> {
    fn new(session: &'a Session, subject: Option<String>, sink: &'a Sink) -> Self {
        let checker = Checker::new(session, vec![]).about(subject);
        let (filter, circles) = (Inert::default(), Circles::default());
        Self { session, checker, filter, circles, held: String::new(), gone: 0, has_text: false, has_thoughts: false, sink }
    }

    /// Called when a model begins to answer; `near` are the files that this model was shown. If an earlier model wrote something and then
    /// passed the question on, its text is dropped: it is not part of the answer.
    fn begin(&mut self, near: Vec<String>) {
        self.restart(self.has_text || self.has_thoughts);
        self.checker.near = near;
    }

    /// Drops the answer so far. If the user has seen some of it, tells the editor that the answer starts over.
    fn restart(&mut self, was_told: bool) {
        if was_told {
            (self.sink)(AnswerEvent::Restart);
        }
        self.held.clear();
        (self.filter, self.circles, self.gone) = (Inert::default(), Circles::default(), 0);
        let near = std::mem::take(&mut self.checker.near);
        let before = std::mem::replace(&mut self.checker, Checker::new(self.session, vec![]));
        self.checker = Checker::after(before, near);
        (self.has_text, self.has_thoughts) = (false, false);
    }

    /// Takes an event of the engine. Breaks when the answer repeats itself, since the rest would only repeat it further.
    fn take(&mut self, event: &Event) -> ControlFlow<()> {
        match event {
            Event::TextWasReasoning => self.restart(self.has_text),
            Event::Reasoning(thought) => self.has_thoughts |= !thought.is_empty(),
            _ => {}
        }
        let Event::Text(text) = event else {
            report(event, &mut self.filter, self.sink);
            return ControlFlow::Continue(());
        };
        self.held.push_str(text);
        if let Some(kept) = self.circles.push(text) {
            self.held.truncate(kept.saturating_sub(self.gone));
            return ControlFlow::Break(());
        }
        self.release(self.circles.suspect().unwrap_or(usize::MAX));
        ControlFlow::Continue(())
    }

    /// Shows the parts of the first `clear` bytes of the answer that can be checked without the text after them.
    fn release(&mut self, clear: usize) {
        while let Some(end) = end_of_piece(&self.held, &mut self.checker).filter(|end| self.gone + end <= clear) {
            let piece: String = self.held.drain(..end).collect();
            self.gone += end;
            self.show(&piece);
        }
    }

    fn show(&mut self, text: &str) {
        let shown = self.filter.push(&self.checker.line(text));
        self.tell(shown);
    }

    /// The error for an answer that breaks off, with the text so far as it may be shown. A streaming client also gets the part held back.
    fn breaks_off(mut self, error: EngineError, near: Vec<String>) -> EngineError {
        let partial = &error.partial[..circles::kept(&error.partial).unwrap_or(error.partial.len())];
        if partial.trim().is_empty() || error.kind == ErrorKind::Cancelled {
            return EngineError { partial: String::new(), ..error };
        }
        self.finish();
        let (text, _) = Checker::after(self.checker, near).check(partial.trim());
        let why = inert(error.message.trim_end_matches('.'));
        EngineError { partial: inert(&text) + &format!("\n\n*(The answer breaks off here: {why}.)*\n"), ..error }
    }

    fn finish(&mut self) {
        if let Some(kept) = self.circles.push("\n") {
            self.held.truncate(kept.saturating_sub(self.gone));
        }
        self.release(usize::MAX);
        let rest = std::mem::take(&mut self.held);
        self.show(&rest);
        let mut rest = self.filter.push(&self.checker.finish());
        rest.push_str(&self.filter.finish());
        self.tell(rest);
    }

    fn tell(&mut self, text: String) {
        if !text.is_empty() {
            self.has_text = true;
            (self.sink)(AnswerEvent::Text(text));
        }
    }
}

/// Maximum words after a path that may still name a line of it: `src/a.rs`, at lines 3-5.
const SAYS_LINES: usize = 4;

/// How much of a text can be checked: a complete line, or up to a place between two words where nothing is being named.
fn end_of_piece(text: &str, checker: &mut Checker<'_>) -> Option<usize> {
    if let Some(line) = text.find('\n') {
        return Some(line + 1);
    }
    // In a table the line may be in another column than the path.
    if text.trim_start().starts_with('|') {
        return None;
    }
    let end = text.trim_end().rfind(' ')? + 1;
    let before = &text[..end];
    let fence = fence_at(before.trim_start()).is_some();
    let marks = |letter: char| letter.is_ascii_digit() || "/`#\\".contains(letter);
    let names = |word: &str| word.contains(marks) || names_line(word) || word.trim_end_matches(['.', ',', ':', ';']).contains(['.', ':']);
    let code: usize = code_spans(before).iter().map(|(whole, _)| before[whole.clone()].matches('`').count()).sum();
    let settled = before.matches('`').count() == code && !before.split_whitespace().rev().take(SAYS_LINES).any(names);
    (settled && !fence && !checker.may_go_on(before)).then_some(end)
}

/// Adds places that the model was shown to the citations, marked as shown, because small models name few places in their answers.
fn add_shown(citations: &mut Vec<Citation>, shown: &[Stretch]) {
    for place in shown.iter().take(LISTED) {
        let known = citations
            .iter()
            .any(|known| known.verified && !known.whole && known.path == place.path && (place.first..=place.last).contains(&known.line));
        if !known {
            let end_line = (place.last > place.first).then_some(place.last);
            citations.push(Citation {
                path: place.path.clone(),
                line: place.first,
                end_line,
                verified: true,
                whole: false,
                from: NamedBy::Shown,
            });
        }
    }
    without_files_of_lines(citations);
}

/// Code with line numbers in front, by which an answer names places.
pub(super) fn numbered(code: &str, first: u32) -> String {
    let width = (first as usize + code.lines().count()).to_string().len();
    code.lines().enumerate().map(|(number, line)| format!("{:>width$} {line}\n", first as usize + number)).collect()
}

/// Passes an engine's events on as they come.
pub(super) fn report(event: &Event, filter: &mut Inert, sink: &Sink) {
    match event {
        Event::Text(text) => {
            let text = filter.push(text);
            if !text.is_empty() {
                sink(AnswerEvent::Text(text));
            }
        }
        Event::Reasoning(text) => sink(AnswerEvent::Reasoning(inert(text))),
        Event::Progress { stage, done, total } => {
            let percent = (*total > 0).then(|| done * 100 / total);
            sink(AnswerEvent::Progress((*stage).into(), percent));
        }
        Event::TextWasReasoning | Event::SentAgain(_) | Event::Cost(_) | Event::Call(_) | Event::Done(_) | Event::Failed(_) => {}
    }
}
