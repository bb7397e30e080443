//! Exceptions and their frames in structured form.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The mechanism's type of an exception that another one in flight did not give way to.
pub(crate) const SUPPRESSED: &str = "suppressed";

/// One exception of a chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// The class or type, such as `ValueError`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The text it was raised with.
    #[serde(default)]
    pub value: Option<String>,
    /// Module or package of the type.
    #[serde(default)]
    pub module: Option<String>,
    /// The call stack, innermost (raising) frame first.
    #[serde(default)]
    pub frames: Vec<Frame>,
    /// How the client came by it (`type`, `handled`, `synthetic` and more), in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<Map<String, Value>>,
}

impl Exception {
    /// Whether the client made it only to carry a stack, so that its type says nothing.
    pub fn is_synthetic(&self) -> bool {
        self.mechanism("synthetic").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether it was raised while another one was on its way already, which it did not replace.
    pub fn is_suppressed(&self) -> bool {
        self.mechanism("type").and_then(Value::as_str) == Some(SUPPRESSED)
    }

    fn mechanism(&self, name: &str) -> Option<&Value> {
        self.mechanism.as_ref().and_then(|mechanism| mechanism.get(name))
    }
}

/// A thread of the program when the event happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// The runtime's id of it.
    #[serde(default)]
    pub id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it ended the program.
    #[serde(default)]
    pub crashed: Option<bool>,
    /// Whether the event was made on it.
    #[serde(default)]
    pub current: Option<bool>,
    /// Its call stack, innermost frame first. Empty where the stack stands among the exceptions.
    #[serde(default)]
    pub frames: Vec<Frame>,
}

/// One call of a stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Function or method name as the runtime gives it.
    #[serde(default)]
    pub function: Option<String>,
    /// Module, package or class.
    #[serde(default)]
    pub module: Option<String>,
    /// Path relative to the project where known.
    #[serde(default)]
    pub filename: Option<String>,
    /// Path as the runtime gives it.
    #[serde(default)]
    pub abs_path: Option<String>,
    /// Line, from 1.
    #[serde(default)]
    pub lineno: Option<u32>,
    /// Column, from 1.
    #[serde(default)]
    pub colno: Option<u32>,
    /// Whether the frame is the program's own code; unknown where the client did not say.
    #[serde(default)]
    pub in_app: Option<bool>,
    /// The source line.
    #[serde(default)]
    pub context_line: Option<String>,
    /// Lines before it.
    #[serde(default)]
    pub pre_context: Vec<String>,
    /// Lines after it.
    #[serde(default)]
    pub post_context: Vec<String>,
    /// Local variables.
    #[serde(default)]
    pub vars: Map<String, Value>,
}
