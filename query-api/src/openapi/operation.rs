//! One operation of the document, put together step by step.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use shared::routes::Needs;

use super::schema;

/// What a route with a key can always answer besides its own answers.
const WITH_A_KEY: [StatusCode; 5] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// What a route that reads a body can answer about it.
const WITH_A_BODY: [StatusCode; 4] = [
    StatusCode::BAD_REQUEST,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
];

/// One method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
    tag: &'static str,
}

impl Operation {
    /// An operation without parameters, body and answers so far.
    pub(super) fn new(
        tag: &'static str,
        (method, path): (Method, &'static str),
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            description: "",
            parameters: Vec::new(),
            body: None,
            responses: Map::new(),
            tag,
        }
    }

    /// What a reader should know beyond the summary.
    pub(super) fn describe(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Adds parameters.
    pub(super) fn takes(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// The body as JSON.
    pub(super) fn reads(self, required: bool, schema: &Value, example: &Value) -> Self {
        let content = json!({"application/json": {"schema": schema, "example": example}});
        self.reads_content(required, &content)
    }

    /// The body in one of several media types.
    pub(super) fn reads_content(mut self, required: bool, content: &Value) -> Self {
        self.body = Some(json!({"required": required, "content": content}));
        self.fails(WITH_A_BODY)
    }

    /// A successful answer in the success form.
    pub(super) fn answers(
        self,
        status: StatusCode,
        description: &str,
        data: Value,
        example: &Value,
    ) -> Self {
        let example = json!({"data": example, "status": "success"});
        self.answers_bare(status, description, &schema::success(data), &example)
    }

    /// A successful answer that is not in the success form.
    pub(super) fn answers_bare(
        self,
        status: StatusCode,
        description: &str,
        schema: &Value,
        example: &Value,
    ) -> Self {
        let content = json!({"application/json": {"schema": schema, "example": example}});
        let response =
            json!({"description": description, "headers": request_id(), "content": content});
        self.response(status, response)
    }

    /// A successful answer that goes on: server-sent events, whose data is of the schema.
    pub(super) fn answers_events(self, description: &str, schema: &Value, example: &Value) -> Self {
        let content = json!({"text/event-stream": {"schema": schema, "example": example}});
        let response =
            json!({"description": description, "headers": request_id(), "content": content});
        self.response(StatusCode::OK, response)
    }

    /// A successful answer that is an image.
    pub(super) fn answers_image(self, description: &str) -> Self {
        let content = json!({"image/gif": {"schema": {"type": "string", "format": "binary"}}});
        let response =
            json!({"description": description, "headers": request_id(), "content": content});
        self.response(StatusCode::OK, response)
    }

    /// A successful answer without a body.
    pub(super) fn answers_nothing(self, description: &str) -> Self {
        let response = json!({"description": description, "headers": request_id()});
        self.response(StatusCode::NO_CONTENT, response)
    }

    /// What can be done with the thing that a good answer names: operations that take its id.
    pub(super) fn leads_to(mut self, status: StatusCode, operations: &[&str]) -> Self {
        let link = |operation: &&str| {
            let to = json!({
                "operationId": operation, "parameters": {"id": "$response.body#/data/id"},
            });
            ((*operation).to_owned(), to)
        };
        if let Some(answer) = self.responses.get_mut(status.as_str()) {
            answer["links"] = Value::Object(operations.iter().map(link).collect());
        }
        self
    }

    /// Answers come from a cache at times; `X-Cache` tells.
    pub(super) fn cached(mut self) -> Self {
        if let Some(answer) = self.responses.get_mut(StatusCode::OK.as_str()) {
            answer["headers"]["X-Cache"] = json!({"$ref": "#/components/headers/X-Cache"});
        }
        self
    }

    /// Failures in the shared form.
    pub(super) fn fails(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        statuses.into_iter().fold(self, |operation, status| {
            let shared = format!("#/components/responses/{}", status.as_str());
            operation.response(status, json!({"$ref": shared}))
        })
    }

    fn response(mut self, status: StatusCode, response: Value) -> Self {
        self.responses.insert(status.as_str().to_owned(), response);
        self
    }

    /// The operation object, for callers who have what is needed.
    pub(super) fn into_value(mut self, needs: Needs) -> Value {
        if needs != Needs::Nothing {
            self = self.fails(WITH_A_KEY);
        }
        let other = json!({"$ref": "#/components/responses/Other"});
        self.responses.insert("default".to_owned(), other);
        let mut operation = json!({
            "tags": [self.tag],
            "operationId": self.id,
            "summary": self.summary,
            "description": describe_needs(self.description, needs),
            "security": security(needs),
            "parameters": self.parameters,
            "responses": self.responses,
        });
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}

fn request_id() -> Value {
    json!({"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}})
}

fn describe_needs(description: &str, needs: Needs) -> String {
    let needed = match needs {
        Needs::Nothing => "Open without a key.".to_owned(),
        Needs::Key(permission) => format!("Needs a key with the permission `{permission}`."),
        Needs::InstallationKey(permission) => format!(
            "Needs a key of the installation, not of one project, with the permission \
             `{permission}`."
        ),
    };
    if description.is_empty() { needed } else { format!("{description}\n\n{needed}") }
}

/// The permission stands as the role that the scheme requires.
fn security(needs: Needs) -> Value {
    match needs {
        Needs::Nothing => json!([]),
        Needs::Key(permission) | Needs::InstallationKey(permission) => {
            json!([{"ApiKey": [permission.as_str()]}])
        }
    }
}
