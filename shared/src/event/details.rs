//! What an SDK says of an event besides what every client can say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Object, Thread};

/// Fields that only SDKs fill in. Each is added once and keeps its meaning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The name of the logger that the event came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// The route, task or page during which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The variant of the release, such as a build number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dist: Option<String>,
    /// The message before its parameters were filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_template: Option<String>,
    /// What the program logged together with the exception that gives the event its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_message: Option<String>,
    /// The request that was being served: `method`, `url`, `query_string`, `headers`, `cookies`,
    /// `data`, `env`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Object>,
    /// What happened before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Value>,
    /// Data of the client that belongs to no context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Object>,
    /// Versions of the libraries of the program.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, String>,
    /// The SDK's `name`, `version` and more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Object>,
    /// The threads of the program, where more is known than the stack of the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
}
