//! Which tools were offered. What looks like a call of another tool is text.

use crate::dialect::{Tool, offered};

/// The tools that the model may call.
#[derive(Clone, Debug)]
pub(in crate::dialect) enum Offer {
    Tools(Vec<Tool>),
    /// Not known: everything that looks like a call is one.
    Unknown,
}

impl Offer {
    /// Whether any tool was offered, or the offer is not known.
    pub fn any(&self) -> bool {
        !matches!(self, Self::Tools(tools) if tools.is_empty())
    }

    /// The offered tool with this name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        match self {
            Self::Tools(tools) => offered(name, tools),
            Self::Unknown => None,
        }
    }

    /// The name of the tool that is meant; a name that was not offered is returned unchanged.
    pub fn meant<'a>(&'a self, name: &'a str) -> &'a str {
        self.tool(name).map_or(name.trim(), |tool| tool.name.as_str())
    }

    /// Whether this name can be a call at all.
    pub fn may_mean(&self, name: &str) -> bool {
        matches!(self, Self::Unknown) || self.tool(name).is_some()
    }
}
