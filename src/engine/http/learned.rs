//! What a server's refusals and answers have taught about the model that it has loaded. Another model forgets all of it: the next refusal
//! teaches it again, which costs one request, while an old lesson would take abilities from the new model for good.

use super::refused_fields::{RefusedFields, objection};
use crate::dialect::messages::Resend;
use crate::engine::EngineError;

/// The field that servers disagree about; their refusals name it.
const REASONING: &str = "reasoning_content";

/// A number in a refusal counts as the most tokens of an answer only from here on.
const MIN_TOKENS: u32 = 256;

/// Whether requests say unasked that the model should not think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quiet {
    #[default]
    Untried,
    /// It thinks unless told not to, so completions say so.
    Said,
    /// The server refuses to be told.
    Refused,
}

/// What has been learned.
#[derive(Default)]
pub(super) struct Learned {
    /// Which past reasoning is to be sent back.
    pub resend: Resend,
    /// Fields that are refused.
    pub refused_fields: RefusedFields,
    /// A raw prompt for a hole was refused, and nobody has configured that the server takes them.
    pub fills_no_holes: bool,
    pub quiet: Quiet,
    /// The longest answer that is allowed, in tokens.
    pub most_tokens: Option<u32>,
    /// The context window that refusals of longer prompts have taught, in tokens.
    pub window: Option<u32>,
    /// A conversation with tools was refused.
    pub takes_no_tools: bool,
}

impl Learned {
    /// Learns from the refusal of a request for so many tokens; true if the request is worth sending again in another form.
    pub fn learns(&mut self, max_tokens: u32, says_quiet: bool, error: &EngineError) -> bool {
        let Some(said) = objection(error) else { return false };
        // The length first: its refusal names the field, which is no refusal of the field.
        self.learns_most(said, max_tokens) || self.refused_fields.learns(said) || self.learns_reasoning(said, says_quiet)
    }

    /// Whether a refusal says how long an answer may be here.
    fn learns_most(&mut self, said: &str, max_tokens: u32) -> bool {
        let allowed = allowed_tokens(said, max_tokens.min(self.most_tokens.unwrap_or(u32::MAX)));
        self.most_tokens = allowed.or(self.most_tokens);
        allowed.is_some()
    }

    /// Whether a refusal is about something that is wanted in another form: past reasoning, or the switch for thinking, which some servers
    /// refuse without naming it.
    fn learns_reasoning(&mut self, said: &str, says_quiet: bool) -> bool {
        if said.contains(REASONING) && self.resend == Resend::ToolTurns {
            let wants_more = ["must be passed", "required", "missing"].iter().any(|words| said.contains(words));
            self.resend = if wants_more { Resend::All } else { Resend::Never };
            return true;
        }
        if says_quiet {
            self.quiet = Quiet::Refused;
        }
        says_quiet
    }
}

/// The most tokens that a server allows, if it refuses the number asked for and says how many it allows.
fn allowed_tokens(said: &str, asked: u32) -> Option<u32> {
    if !["max_tokens", "max_completion_tokens"].iter().any(|name| said.contains(name)) {
        return None;
    }
    let numbers = said.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    numbers.filter(|number| (MIN_TOKENS..asked).contains(number)).max()
}
