//! What calls look like in each dialect.

use super::tag::{PYTHON, PYTHON_TAG, Pair, TOOL_CALL};

/// What calls look like in a dialect.
pub(in crate::dialect) struct Shapes {
    /// Tags around calls.
    pub(super) tags: &'static [Pair],
    /// Whether `[f(a=1)]` is a call.
    pub(super) pythonic: bool,
    /// What is done with text between tags that is not a call: true shows it as text, false reports a failed call.
    pub(super) tagged_text: bool,
    /// Whether `<function=name>` is a call without tags around it.
    pub(super) functions: bool,
    /// Texts of end tokens, which are dropped from the end of a completion.
    pub(super) stops: &'static [&'static str],
    /// The text that opens another turn after them.
    pub(super) turn: &'static str,
}

/// Llama 4: pythonic calls, and tags of earlier Llamas.
pub(in crate::dialect) const LLAMA4: Shapes = Shapes {
    tags: &[PYTHON, PYTHON_TAG],
    pythonic: true,
    tagged_text: true,
    functions: true,
    stops: &["<|eot|>", "<|eom|>", "<|end_of_text|>"],
    turn: "<|header_start|>",
};

/// What small Qwen coders write instead of `<tool_call>`.
const TOOLS: Pair = Pair::of("<tools>", "</tools>");
const FUNCTION_CALL: Pair = Pair::of("<function_call>", "</function_call>");

/// Hermes: JSON in tags.
pub(in crate::dialect) const HERMES: Shapes = Shapes {
    tags: &[TOOL_CALL, TOOLS, FUNCTION_CALL],
    pythonic: false,
    tagged_text: false,
    functions: true,
    stops: &["<|im_end|>", "<|endoftext|>"],
    turn: "<|im_start|>",
};

/// Servers that parse calls themselves: whatever they leave in the text.
pub(in crate::dialect) const NATIVE: Shapes = Shapes {
    tags: &[TOOL_CALL, TOOLS, FUNCTION_CALL, PYTHON],
    pythonic: true,
    tagged_text: false,
    functions: true,
    stops: &["<｜end▁of▁sentence｜>"],
    turn: "<｜User｜>",
};
