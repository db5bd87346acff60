//! The thread that owns a model and its context. It takes one step of the most urgent job at a time, so a completion goes before the next
//! token of a long answer, and a cancelled job stops within one small batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use llama_cpp_2::model::LlamaModel;

use super::connection::Reply;
use super::job::{Clock, Job, Next, milliseconds};
use super::kv::{Contexts, Slots};
use super::load::{self, Backend};
use super::output::Output;
use super::sampling::Sampler;
use super::saved::{self, Saved};
use super::vocabulary::Vocabulary;
use super::warm;
use nix::sys::resource::{UsageWho, getrusage};

use crate::engine::llama::gguf::Window;
use crate::engine::llama::wire::{Answer, Failure, Generate, ModelSpec, Stage};
use crate::engine::{Caps, Overflow, Priority, Timing};
use crate::report::{self, Level};

/// After this long without work, caches are saved.
const QUIET: Duration = Duration::from_secs(2);

/// A saved state is loaded only if it has this many more tokens than the cache.
const GAIN: usize = 256;

/// A client that has waited for a prompt this long did not ask by mistake.
const SETTLED: Duration = Duration::from_secs(2);

/// A step that waits for the processor or the disk may take this many times as long as a working one before it counts as hung.
const WAITING: u64 = 5;

/// What a worker is asked to do.
pub enum Task {
    Open(Reply),
    Generate(Box<Generate>, Reply, Instant),
}

/// A handle to a model's thread. When dropped, the thread ends after its jobs.
pub struct Worker {
    tasks: Sender<Task>,
    thread: JoinHandle<()>,
    heart: Arc<StepClock>,
}

/// When the running step began, in milliseconds after `born`, and the processor time used until then; 0 between steps.
struct StepClock {
    born: Instant,
    step: AtomicU64,
    used: AtomicU64,
}

impl StepClock {
    fn begin(&self) {
        self.used.store(processor_ms(), Ordering::Relaxed);
        self.step.store((self.born.elapsed().as_millis() as u64).max(1), Ordering::Relaxed);
    }

    fn end(&self) {
        self.step.store(0, Ordering::Relaxed);
    }

    /// How long the running step has worked. Time in which the process could not run (a busy machine, weights read from disk) counts
    /// little: only after very long without progress does it count as hung.
    fn busy_ms(&self) -> u64 {
        let began = self.step.load(Ordering::Relaxed);
        if began == 0 {
            return 0;
        }
        let wall = (self.born.elapsed().as_millis() as u64).saturating_sub(began);
        let work = processor_ms().saturating_sub(self.used.load(Ordering::Relaxed));
        wall.min(work).max(wall / WAITING)
    }
}

/// Processor time of this process so far, of all threads.
fn processor_ms() -> u64 {
    let spent = |usage: nix::sys::resource::Usage| {
        let milliseconds = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1000 + time.tv_usec() as u64 / 1000;
        milliseconds(usage.user_time()) + milliseconds(usage.system_time())
    };
    getrusage(UsageWho::RUSAGE_SELF).map(spent).unwrap_or_default()
}

impl Worker {
    /// Hands a task over; one that the thread no longer takes is returned.
    pub fn send(&self, task: Task) -> Result<(), Task> {
        self.tasks.send(task).map_err(|mpsc::SendError(task)| task)
    }

    /// False once loading has failed; the next request tries again.
    pub fn lives(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Waits until the thread has finished its jobs and ended.
    pub fn finish(self) {
        drop(self.tasks);
        if self.thread.join().is_err() {
            report::log(Level::Error, "a model's thread panicked");
        }
    }

    /// How long the running step has taken. Loading does not count, nor does a step in which the thread panicked.
    pub fn busy_ms(&self) -> u64 {
        if self.lives() { self.heart.busy_ms() } else { 0 }
    }
}

/// Starts a model's thread, which loads the model first.
pub fn start(spec: ModelSpec, backend: Arc<Backend>) -> std::io::Result<Worker> {
    let (tasks, received) = mpsc::channel();
    let heart = Arc::new(StepClock { born: Instant::now(), step: AtomicU64::new(0), used: AtomicU64::new(0) });
    let beat = heart.clone();
    let thread = std::thread::Builder::new().name("model".into()).spawn(move || run(&spec, &backend, &received, &beat))?;
    Ok(Worker { tasks, thread, heart })
}

fn run(spec: &ModelSpec, backend: &Backend, tasks: &Receiver<Task>, heart: &StepClock) {
    let started = Instant::now();
    // The first task waits for the model and is told the progress.
    let Ok(first) = tasks.recv() else { return };
    let listener = reply(&first).clone();
    let mut told = 0;
    let progress = move |part: f32| {
        let done = (part * 100.0) as u64;
        if done > told {
            told = done;
            listener.send(Answer::Progress { stage: Stage::Load, done, total: 100 });
        }
        true
    };
    let refuse = |kind: Failure, message: String| {
        let failed = Answer::Failed { kind, message };
        reply(&first).send(failed.clone());
        // A later task is returned to the sender, which then loads again.
        tasks.try_iter().for_each(|task| reply(&task).send(failed.clone()));
    };
    let load::Loaded { model, window, trained } = match load::model(spec, backend, progress) {
        Ok(loaded) => loaded,
        Err((kind, message)) => return refuse(kind, message),
    };
    let context = match load::context(spec, &model, backend) {
        Ok(context) => context,
        Err((kind, message)) => return refuse(kind, message),
    };
    let mut contexts = Contexts::new(spec, context, load::small_context(spec, &model, backend));
    let warm = warm::rate(&model, contexts.of(0));
    let mut desk = ServedModel {
        spec,
        model: &model,
        vocabulary: Vocabulary::new(&model),
        slots: Slots::new(spec, contexts.has_small()),
        saved: Saved::open(spec, window),
        contexts,
        jobs: vec![],
        rates: Rates::default(),
        warm,
        loaded: Loaded { at: Instant::now(), ms: milliseconds(started) },
        trained,
    };
    desk.take(first);
    desk.work(tasks, heart);
}

/// Where the answer to a task goes.
pub fn reply(task: &Task) -> &Reply {
    match task {
        Task::Open(reply) | Task::Generate(_, reply, _) => reply,
    }
}

/// When the model was loaded, and how long that took.
struct Loaded {
    at: Instant,
    ms: f64,
}

/// Tokens per second, smoothed over the last jobs.
#[derive(Default)]
struct Rates {
    prefill: Option<f64>,
    decode: Option<f64>,
}

impl Rates {
    fn note(&mut self, timing: &Timing) {
        let blend = |old: Option<f64>, tokens: u64, ms: f64| match (old, ms > 0.0) {
            (Some(old), true) => Some(old * 0.7 + 0.3 * tokens as f64 * 1000.0 / ms),
            (None, true) => Some(tokens as f64 * 1000.0 / ms),
            (old, false) => old,
        };
        // Few tokens say little about a rate.
        if timing.tokens_decoded >= 16 {
            self.prefill = blend(self.prefill, timing.tokens_decoded, timing.prefill_ms);
        }
        if timing.tokens_out >= 4 {
            self.decode = blend(self.decode, timing.tokens_out, timing.decode_ms);
        }
    }
}

/// A loaded model at work.
struct ServedModel<'m> {
    spec: &'m ModelSpec,
    model: &'m LlamaModel,
    vocabulary: Vocabulary<'m>,
    slots: Slots,
    saved: Saved,
    contexts: Contexts<'m>,
    /// Oldest first.
    jobs: Vec<Job>,
    rates: Rates,
    /// Prompt tokens per second, measured before the first job.
    warm: Option<f64>,
    loaded: Loaded,
    /// The context in tokens that the model was trained for.
    trained: u64,
}

impl ServedModel<'_> {
    fn work(&mut self, tasks: &Receiver<Task>, heart: &StepClock) {
        let mut open = true;
        while open || !self.jobs.is_empty() {
            if self.jobs.is_empty() {
                match self.wait(tasks) {
                    Some(task) => self.take(task),
                    None => return,
                }
            }
            loop {
                match tasks.try_recv() {
                    Ok(task) => self.take(task),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => {
                        open = false;
                        break;
                    }
                }
            }
            heart.begin();
            self.step();
            heart.end();
        }
    }

    /// The next task; `None` if there will be none. Caches worth it are saved in a quiet moment and at the end.
    fn wait(&mut self, tasks: &Receiver<Task>) -> Option<Task> {
        while let Some(slot) = self.unsaved() {
            match tasks.recv_timeout(QUIET) {
                Ok(task) => return Some(task),
                Err(_) => self.saved.save(slot, self.slots.tokens(slot), self.contexts.of(slot)),
            }
        }
        tasks.recv().ok()
    }

    /// A cache that took long to fill and would be lost with this process.
    fn unsaved(&self) -> Option<usize> {
        self.slots.idle().find(|slot| !self.slots.is_small(*slot) && self.saved.lacks(self.slots.tokens(*slot), self.worth()))
    }

    /// How many tokens are worth a file: those read in a second.
    fn worth(&self) -> usize {
        self.rates
            .prefill
            .map_or(saved::MIN_SAVED_TOKENS, |rate| (rate as usize).clamp(saved::MIN_SAVED_TOKENS, saved::SURELY_SAVED_TOKENS))
    }

    /// Prepares a cache for a job: saves what the prompt will replace if it is worth it, and loads a saved state that has more of the
    /// prompt than the cache.
    fn ready(&mut self, slot: usize, at: usize) {
        if self.slots.is_small(slot) {
            return;
        }
        let (prompt, worth) = (&self.jobs[at].prompt, self.worth());
        let mut have = self.slots.shared(slot, prompt);
        if self.slots.length(slot) - have >= worth && self.saved.lacks(self.slots.tokens(slot), worth) {
            self.saved.save(slot, self.slots.tokens(slot), self.contexts.of(slot));
        }
        // A state of a model with windowed layers is only useful near its end, so the head that prompts share gets a state of its own.
        let head = self.saved.window() != Window::All && have < self.slots.length(slot);
        if head && self.saved.lacks(&self.slots.tokens(slot)[..have], worth) {
            have = self.slots.truncate(slot, have, self.contexts.of(slot));
            self.saved.save(slot, self.slots.tokens(slot), self.contexts.of(slot));
        }
        let Some((state, usable)) = self.saved.best(prompt).filter(|(_, usable)| *usable >= have + GAIN) else { return };
        self.slots.truncate(slot, 0, self.contexts.of(slot));
        match self.saved.load(state, slot, self.contexts.of(slot)) {
            Some(tokens) => {
                self.slots.put(slot, tokens);
                self.jobs[at].clock.timing.tokens_restored = usable as u64;
            }
            // Whatever was read before the failure.
            None => drop(self.slots.truncate(slot, 0, self.contexts.of(slot))),
        }
    }

    fn take(&mut self, task: Task) {
        match task {
            Task::Open(reply) => reply.send(Answer::Opened(self.caps())),
            Task::Generate(request, reply, received) => match self.job(&request, &reply, received) {
                Ok(job) => self.jobs.push(job),
                Err((kind, message)) => reply.send(Answer::Failed { kind, message }),
            },
        }
    }

    fn caps(&self) -> Caps {
        Caps {
            fim: self.vocabulary.has_fim(),
            chat: true,
            tools: true,
            context: self.spec.context,
            prefill_rate: self.rates.prefill.or(self.warm),
            decode_rate: self.rates.decode,
            ..Caps::default()
        }
    }

    fn job(&self, request: &Generate, reply: &Reply, received: Instant) -> Result<Job, (Failure, String)> {
        let name = self.spec.path.file_name().unwrap_or_default().to_string_lossy();
        let prompt = self.vocabulary.prompt(&request.prompt).map_err(|_| {
            (
                Failure::Unsupported,
                format!("{name} cannot fill holes: it has no FIM tokens; use a code model such as qwen2.5-coder for completion"),
            )
        })?;
        let room = self.spec.context as usize;
        // At most half of the window is reserved for the answer.
        let reserve = (request.max_tokens as usize).clamp(1, (room / 2).max(1));
        if prompt.is_empty() || prompt.len() + reserve > room {
            // A window larger than what it was trained for is never used.
            let remedy = match room as u64 >= self.trained {
                true => "send less, or choose a model that was trained for more",
                false => "send less, or set a larger `context`",
            };
            let message = format!(
                "the prompt has {} tokens and the answer may take {reserve}, but the context of {name} is {room} tokens; {remedy}",
                prompt.len()
            );
            let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
            let overflow = Overflow { prompt: count(prompt.len()), room: count(room - reserve) };
            return Err((Failure::TooLong(Some(overflow)), message));
        }
        let sampler = Sampler::new(request, self.model).map_err(|message| (Failure::Unsupported, message))?;
        let load_ms = if received < self.loaded.at { self.loaded.ms } else { 0.0 };
        Ok(Job {
            priority: request.priority,
            reply: reply.clone(),
            prompt,
            slot: None,
            sampler,
            output: Output::new(request.stop.clone()),
            stops: self.vocabulary.stops(&request.stop_tokens, request.plain),
            max_tokens: request.max_tokens.max(1),
            room,
            clock: Clock { received, load_ms, begun: None, timing: Timing::default() },
            last: None,
        })
    }

    /// Takes one step of the most urgent job that has a cache or can get one; the oldest among equals.
    fn step(&mut self) {
        self.drop_cancelled();
        let mut order: Vec<usize> = (0..self.jobs.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.jobs[*at].priority));
        for at in order {
            let slot = match self.jobs[at].slot {
                Some(slot) => slot,
                None => match self.slots.reserve(&self.jobs[at].prompt, self.jobs[at].needs(), self.jobs[at].priority) {
                    Some(slot) => {
                        self.jobs[at].slot = Some(slot);
                        self.jobs[at].room = self.slots.room(slot);
                        self.ready(slot, at);
                        slot
                    }
                    None => continue,
                },
            };
            let chunk = self.chunk(&self.jobs[at]);
            if let Next::Ends(answer) = self.jobs[at].step(slot, &mut self.slots, self.contexts.of(slot), &self.vocabulary, chunk) {
                self.end(at, answer);
            }
            return;
        }
    }

    /// How many prompt tokens to read in a step, for which a cancelled or a more urgent request has to wait: a tenth of a second's worth.
    /// Each step reads all weights once, so small steps are expensive on slow machines: 16 tokens cost a quarter of the rate, 32 a sixth,
    /// 64 a twentieth. The minimum depends on who waits: 16 while the user types, 32 for an invoked request, 64 once that has taken a
    /// while.
    fn chunk(&self, job: &Job) -> usize {
        let waited = job.clock.begun.is_some_and(|begun| begun.elapsed() > SETTLED);
        let least = match (job.priority, waited) {
            (Priority::Typing | Priority::Invoked, _) => 16,
            (_, false) => 32,
            (_, true) => 64,
        };
        let wanted = self.rates.prefill.unwrap_or_default() * 0.1;
        (wanted as usize).clamp(least, load::batch_size(self.spec) as usize)
    }

    fn end(&mut self, at: usize, answer: Answer) {
        let job = self.jobs.remove(at);
        if let Some(slot) = job.slot {
            self.slots.release(slot);
        }
        self.rates.note(&job.clock.timing);
        job.reply.send(answer);
    }

    fn drop_cancelled(&mut self) {
        while let Some(at) = self.jobs.iter().position(|job| job.reply.is_cancelled()) {
            self.end(at, Answer::Failed { kind: Failure::Cancelled, message: "cancelled".into() });
        }
    }
}
