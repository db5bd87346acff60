//! KV caches: one per slot, with the tokens in it. A new prompt goes to the slot with the longest common prefix, and only the difference is
//! decoded. One cache is always left for a user who is typing: long answers never occupy all of them. Caches are truncated at the end and
//! never shifted, because a shift is wrong for models with chunked or latent attention.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;

use super::load;
use crate::engine::Priority;
use crate::engine::llama::wire::ModelSpec;

/// While other caches are empty, an idle one is overwritten only if it shares this many tokens with the prompt.
const WORTH: usize = 16;

/// One cache.
struct Slot {
    tokens: Vec<LlamaToken>,
    /// How many tokens fit into it.
    room: usize,
    /// A counter value from its last use.
    used: u64,
    busy: bool,
}

/// All caches of a model: those of the main context, then the small one if there is one.
pub struct Slots {
    slots: Vec<Slot>,
    small: Option<usize>,
    uses: u64,
}

/// The contexts that hold the caches. If memory only allows one full cache, there is also a small one.
pub struct Contexts<'m> {
    main: LlamaContext<'m>,
    small: Option<(usize, LlamaContext<'m>)>,
}

impl<'m> Contexts<'m> {
    /// The contexts of a model.
    pub fn new(spec: &ModelSpec, main: LlamaContext<'m>, small: Option<LlamaContext<'m>>) -> Self {
        Self { main, small: small.map(|context| (spec.slots as usize, context)) }
    }

    /// The context of this cache.
    pub fn of(&mut self, slot: usize) -> &mut LlamaContext<'m> {
        match &mut self.small {
            Some((at, context)) if *at == slot => context,
            _ => &mut self.main,
        }
    }

    /// Whether there is a small cache.
    pub fn has_small(&self) -> bool {
        self.small.is_some()
    }
}

impl Slots {
    /// Empty caches, as the specification says; `small` adds the small one.
    pub fn new(spec: &ModelSpec, small: bool) -> Self {
        let empty = |room: u32| Slot { tokens: vec![], room: room as usize, used: 0, busy: false };
        let count = spec.slots as usize;
        let mut slots: Vec<Slot> = (0..count).map(|_| empty(spec.context)).collect();
        slots.extend(small.then(|| empty(load::SMALL)));
        Self { slots, small: small.then_some(count), uses: 0 }
    }

    /// Reserves the best idle cache for a prompt that needs `tokens` tokens: the longest common prefix if it is long enough, else an empty
    /// one, else the one used longest ago. `None` while all are busy, or all but the last, which is left for a user who is typing.
    pub fn reserve(&mut self, prompt: &[LlamaToken], tokens: usize, priority: Priority) -> Option<usize> {
        let typing = priority.is_completion();
        if let Some(small) = self.small.filter(|small| typing && !self.slots[*small].busy && tokens <= self.slots[*small].room) {
            return Some(self.take(small));
        }
        let idle = || self.slots.iter().enumerate().filter(|(at, slot)| !slot.busy && Some(*at) != self.small);
        let kept = usize::from(!typing && self.slots.len() > 1 && self.small.is_none());
        if idle().count() <= kept {
            return None;
        }
        let (best, shared) = idle().map(|(at, slot)| (at, common(&slot.tokens, prompt))).max_by_key(|(_, shared)| *shared)?;
        let worth = shared >= WORTH && shared * 2 >= prompt.len().min(self.slots[best].tokens.len());
        let oldest = idle().min_by_key(|(_, slot)| (!slot.tokens.is_empty(), slot.used)).map(|(at, _)| at)?;
        let at = if worth { best } else { oldest };
        Some(self.take(at))
    }

    fn take(&mut self, at: usize) -> usize {
        self.uses += 1;
        self.slots[at].busy = true;
        self.slots[at].used = self.uses;
        at
    }

    /// How many tokens fit into a cache.
    pub fn room(&self, at: usize) -> usize {
        self.slots[at].room
    }

    /// Whether this is the small cache, which is not worth saving.
    pub fn is_small(&self, at: usize) -> bool {
        self.small == Some(at)
    }

    /// Releases a cache; its content stays.
    pub fn release(&mut self, at: usize) {
        self.slots[at].busy = false;
    }

    /// Truncates a cache to what it shares with the prompt, and returns that length. Never the whole prompt, because its last token has to
    /// be decoded for its logits.
    pub fn keep_prefix(&mut self, at: usize, prompt: &[LlamaToken], context: &mut LlamaContext<'_>) -> usize {
        let mut shared = common(&self.slots[at].tokens, prompt).min(prompt.len().saturating_sub(1));
        // A restored state of a chunked model has only the current chunk, so nothing can build on what is before it.
        let first = usize::try_from(context.kv_cache_seq_pos_min(at as i32)).unwrap_or_default();
        if first > 0 && shared <= first {
            shared = 0;
        }
        self.truncate(at, shared, context)
    }

    /// Truncates a cache to a length, or to nothing if it cannot be cut there. Returns the length.
    pub fn truncate(&mut self, at: usize, length: usize, context: &mut LlamaContext<'_>) -> usize {
        let whole = |context: &mut LlamaContext<'_>| context.clear_kv_cache_seq(Some(at as u32), None, None);
        let cut = length > 0 && matches!(context.clear_kv_cache_seq(Some(at as u32), Some(length as u32), None), Ok(true));
        let length = if cut { length } else { 0 };
        if !cut {
            // Removing a whole sequence always succeeds.
            let _ = whole(context);
        }
        self.slots[at].tokens.truncate(length);
        length
    }

    /// Notes tokens that were decoded into a cache.
    pub fn extend(&mut self, at: usize, tokens: &[LlamaToken]) {
        self.slots[at].tokens.extend_from_slice(tokens);
    }

    /// The tokens in a cache.
    pub fn tokens(&self, at: usize) -> &[LlamaToken] {
        &self.slots[at].tokens
    }

    /// Idle caches that are not empty.
    pub fn idle(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| !slot.busy && !slot.tokens.is_empty()).map(|(at, _)| at)
    }

    /// How many tokens of a prompt a cache has.
    pub fn shared(&self, at: usize, prompt: &[LlamaToken]) -> usize {
        common(&self.slots[at].tokens, prompt)
    }

    /// Notes that a cache now has exactly these tokens.
    pub fn put(&mut self, at: usize, tokens: Vec<LlamaToken>) {
        self.slots[at].tokens = tokens;
    }

    /// The number of tokens in a cache.
    pub fn length(&self, at: usize) -> usize {
        self.slots[at].tokens.len()
    }
}

fn common(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
