//! KV caches: one per slot, each with the tokens that are in it. A new prompt goes where the longest common prefix is; only the difference
//! is decoded. Caches are cut at their end and never shifted: a shift is wrong for models with chunked or latent attention.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;

/// Tokens that a prompt must share with an idle cache to be worth overwriting it while others are empty.
const WORTH: usize = 16;

/// What one cache holds.
#[derive(Default)]
struct Slot {
    tokens: Vec<LlamaToken>,
    /// When it was used last, as a count of uses.
    used: u64,
    busy: bool,
}

/// All caches of a context.
pub struct Slots {
    slots: Vec<Slot>,
    uses: u64,
}

impl Slots {
    pub fn new(count: u32) -> Self {
        Self { slots: (0..count).map(|_| Slot::default()).collect(), uses: 0 }
    }

    /// Reserves the best idle cache for a prompt: the longest common prefix if it is worth it, else an empty one, else the one used longest
    /// ago. `None` while all are busy.
    pub fn reserve(&mut self, prompt: &[LlamaToken]) -> Option<usize> {
        let idle = || self.slots.iter().enumerate().filter(|(_, slot)| !slot.busy);
        let (best, shared) = idle().map(|(at, slot)| (at, common(&slot.tokens, prompt))).max_by_key(|(_, shared)| *shared)?;
        let worth = shared >= WORTH && shared * 2 >= prompt.len().min(self.slots[best].tokens.len());
        let oldest = idle().min_by_key(|(_, slot)| (!slot.tokens.is_empty(), slot.used)).map(|(at, _)| at)?;
        let at = if worth { best } else { oldest };
        self.uses += 1;
        self.slots[at].busy = true;
        self.slots[at].used = self.uses;
        Some(at)
    }

    /// Gives a cache back; what is in it stays.
    pub fn release(&mut self, at: usize) {
        self.slots[at].busy = false;
    }

    /// Cuts a cache down to what it shares with the prompt and answers how many tokens that is: never all of the prompt, because the last
    /// token must be decoded for its logits.
    pub fn keep_prefix(&mut self, at: usize, prompt: &[LlamaToken], context: &mut LlamaContext<'_>) -> usize {
        let mut shared = common(&self.slots[at].tokens, prompt).min(prompt.len().saturating_sub(1));
        // A restored state of a chunked model holds only the current chunk: nothing before it can be built upon.
        let first = usize::try_from(context.kv_cache_seq_pos_min(at as i32)).unwrap_or_default();
        if first > 0 && shared <= first {
            shared = 0;
        }
        self.truncate(at, shared, context)
    }

    /// Cuts a cache to a length; to nothing where the cache cannot be cut there. Answers the length.
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

    /// Notes tokens that have been decoded into a cache.
    pub fn extend(&mut self, at: usize, tokens: &[LlamaToken]) {
        self.slots[at].tokens.extend_from_slice(tokens);
    }

    /// What is in a cache.
    pub fn tokens(&self, at: usize) -> &[LlamaToken] {
        &self.slots[at].tokens
    }

    /// Idle caches that hold something.
    pub fn idle(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| !slot.busy && !slot.tokens.is_empty()).map(|(at, _)| at)
    }

    /// Tokens of a prompt that a cache has.
    pub fn shared(&self, at: usize, prompt: &[LlamaToken]) -> usize {
        common(&self.slots[at].tokens, prompt)
    }

    /// Notes that a cache holds these tokens now, and only these.
    pub fn put(&mut self, at: usize, tokens: Vec<LlamaToken>) {
        self.slots[at].tokens = tokens;
    }

    /// Tokens in a cache.
    pub fn length(&self, at: usize) -> usize {
        self.slots[at].tokens.len()
    }
}

fn common(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
