//! What the calls of each dialect look like.

use super::tag::{PYTHON, PYTHON_TAG, Pair, TOOL_CALL};

/// What a dialect's calls look like.
pub(in crate::dialect) struct Shapes {
    /// Tags around calls.
    pub(super) tags: &'static [Pair],
    /// Whether `[f(a=1)]` is a call.
    pub(super) pythonic: bool,
    /// What stands between tags and is no call: text, or a failed call.
    pub(super) tagged_text: bool,
    /// Whether `<function=name>` without tags around it is a call.
    pub(super) functions: bool,
    /// Texts of end tokens, dropped at the end of a completion.
    pub(super) stops: &'static [&'static str],
    /// What opens another turn behind them.
    pub(super) turn: &'static str,
}

pub(in crate::dialect) const LLAMA4: Shapes = Shapes {
    tags: &[PYTHON, PYTHON_TAG],
    pythonic: true,
    tagged_text: true,
    functions: true,
    stops: &["<|eot|>", "<|eom|>", "<|end_of_text|>"],
    turn: "<|header_start|>",
};

/// What the smaller Qwen coders write in place of `<tool_call>`.
const TOOLS: Pair = Pair::of("<tools>", "</tools>");
const FUNCTION_CALL: Pair = Pair::of("<function_call>", "</function_call>");

pub(in crate::dialect) const HERMES: Shapes = Shapes {
    tags: &[TOOL_CALL, TOOLS, FUNCTION_CALL],
    pythonic: false,
    tagged_text: false,
    functions: true,
    stops: &["<|im_end|>", "<|endoftext|>"],
    turn: "<|im_start|>",
};

pub(in crate::dialect) const NATIVE: Shapes = Shapes {
    tags: &[TOOL_CALL, TOOLS, FUNCTION_CALL, PYTHON],
    pythonic: true,
    tagged_text: false,
    functions: true,
    stops: &["<｜end▁of▁sentence｜>"],
    turn: "<｜User｜>",
};
