//! What a server's refusals and answers have taught us about the model it has loaded. With another model all of it is forgotten: the next
//! refusal teaches it again, which costs one request, while an outdated lesson would take capabilities from the new model for good.

use super::refused_fields::{RefusedFields, objection};
use crate::dialect::messages::Resend;
use crate::engine::EngineError;

/// The field that servers disagree about; their refusals name it.
const REASONING: &str = "reasoning_content";

/// A number in a refusal counts as the maximum tokens of an answer only if it is at least this.
const MIN_TOKENS: u32 = 256;

/// Whether requests tell the model not to think without the user asking for that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quiet {
    #[default]
    Untried,
    /// It thinks unless told not to, so completions tell it.
    Said,
    /// The server refuses that switch.
    Refused,
}

/// What has been learned.
#[derive(Default)]
pub(super) struct Learned {
    /// Which past reasoning has to be sent back.
    pub resend: Resend,
    /// Fields that the server refuses.
    pub refused_fields: RefusedFields,
    /// A raw prompt for a hole was refused, and the configuration does not say that the server takes them.
    pub fills_no_holes: bool,
    pub quiet: Quiet,
    /// The longest allowed answer, in tokens.
    pub most_tokens: Option<u32>,
    /// The context window learned from refusals of longer prompts, in tokens.
    pub window: Option<u32>,
    /// A conversation with tools was refused.
    pub takes_no_tools: bool,
}

impl Learned {
    /// Learns from the refusal of a request for `max_tokens` tokens; true if the request is worth sending again in another form.
    pub fn learns(&mut self, max_tokens: u32, says_quiet: bool, error: &EngineError) -> bool {
        let Some(said) = objection(error) else { return false };
        // The length first: its refusal names the field, but does not refuse the field.
        self.learns_most(said, max_tokens) || self.refused_fields.learns(said) || self.learns_reasoning(said, says_quiet)
    }

    /// Whether a refusal says how long an answer may be.
    fn learns_most(&mut self, said: &str, max_tokens: u32) -> bool {
        let allowed = allowed_tokens(said, max_tokens.min(self.most_tokens.unwrap_or(u32::MAX)));
        self.most_tokens = allowed.or(self.most_tokens);
        allowed.is_some()
    }

    /// Whether a refusal is about something that has to be sent in another form: past reasoning, or the switch for thinking, which some
    /// servers refuse without naming it.
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

/// The maximum tokens that a server allows, if it refuses the number asked for and says how many it allows.
fn allowed_tokens(said: &str, asked: u32) -> Option<u32> {
    if !["max_tokens", "max_completion_tokens"].iter().any(|name| said.contains(name)) {
        return None;
    }
    let numbers = said.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    numbers.filter(|number| (MIN_TOKENS..asked).contains(number)).max()
}
