//! The failure form: its schema, and a shared response for each status that operations name.

use http::StatusCode;
use serde_json::{Map, Value, json};
use shared::api::{ApiError, Code, FieldError, FieldErrorKind};
use shared::config::Environment;
use shared::ids::ErrorId;
use shared::rate_limit::Standing;
use shared::routes::Class;
use uuid::Uuid;

use super::schema::{Field, free_object, list, named, object, text, with};

/// An id that examples name.
const EXAMPLE_ID: Uuid = Uuid::from_u128(0x3fa8_5f64_5717_4562_b3fc_2c96_3f66_afa6);

/// A key that has used up its limit.
const EXAMPLE_STANDING: Standing = Standing {
    class: Class::General,
    limit: 500,
    granted: 0,
    remaining: 0,
    reset_at: 1_760_000_060,
    retry_after: 12,
};

/// The schemas of failures.
pub(super) fn schemas() -> Vec<Field> {
    vec![("Failure", failure()), ("FieldError", field_error()), ("RejectedItem", rejected_item())]
}

fn failure() -> Value {
    let status = json!({"type": "string", "const": "error"});
    let request_id = text("The id of the request, as in `X-Request-Id`.");
    let mut fields = told();
    fields.extend([("request_id", request_id), ("status", status)]);
    object("The failure form. Branch on `code`; show `error` to people.", fields)
}

fn rejected_item() -> Value {
    object("Why an item of a batch was not accepted.", told())
}

fn told() -> Vec<Field> {
    let codes: Vec<&str> = Code::ALL.into_iter().map(Code::as_str).collect();
    let details = with(
        free_object(
            "What programs may need: `errors` of `VALIDATION_ERROR`, `id` of `NOT_FOUND` and \
             `INVALID_ID`, `limit` of `PAYLOAD_TOO_LARGE`, `limit`, `class` and `retry_after` of \
             `RATE_LIMITED`, `origin` of a page that may not use the key, `service` and `reason` of \
             `EXTERNAL_SERVICE_ERROR`; outside production also the `cause` of \
             what failed inside.",
        ),
        json!({"properties": {
            "errors": list(named("FieldError"), "Every bad field of the request."),
            "cause": list(json!({"type": "string"}), "The causes, outermost first."),
        }}),
    );
    vec![
        ("error", text("What went wrong, in a sentence that a person can act on.")),
        ("code", json!({"type": "string", "enum": codes, "description": "A stable code."})),
        ("details", details),
    ]
}

fn field_error() -> Value {
    let kinds = json!({"type": "string", "enum": FieldErrorKind::ALL});
    object(
        "A bad field.",
        [
            ("field", text("Its path, such as `context.user[0]`.")),
            ("message", text("What is wrong and what would be right.")),
            ("type", with(kinds, json!({"description": "The kind of fault."}))),
        ],
    )
}

/// The shared responses, by the name that references use.
pub(super) fn responses() -> Map<String, Value> {
    let mut responses = Map::new();
    for (status, description) in [
        (StatusCode::BAD_REQUEST, "The request is wrong in itself."),
        (StatusCode::UNAUTHORIZED, "There is no key, or it is unknown, revoked or expired."),
        (
            StatusCode::FORBIDDEN,
            "The key is good and lacks the permission, or may not be used by pages of this origin.",
        ),
        (StatusCode::NOT_FOUND, "Nothing that the key can see has this id."),
        (StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive."),
        (StatusCode::CONFLICT, "What is there stands against it."),
        (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not in a form that is read here."),
        (StatusCode::TOO_MANY_REQUESTS, "The key has used up its limit of a minute."),
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong inside."),
        (
            StatusCode::BAD_GATEWAY,
            "A service outside did not take it; `details` says which and why.",
        ),
        (StatusCode::SERVICE_UNAVAILABLE, "It can't be done now. Try again later."),
    ] {
        responses.insert(status.as_str().to_owned(), response(status, description));
    }
    let other = "Any other failure, such as 405 for a method that the path does not know, or 502 \
                 and 504 when a service breaks off or does not answer.";
    responses.insert("Other".to_owned(), with_content(other, json!({"schema": named("Failure")})));
    responses
}

fn response(status: StatusCode, description: &str) -> Value {
    let mut examples = Map::new();
    for error in Code::ALL.into_iter().filter(|code| code.status() == status).map(example) {
        let code = error.code().as_str();
        examples.insert(code.to_owned(), json!({"value": body(&error)}));
    }
    let content = json!({"schema": named("Failure"), "examples": examples});
    let mut response = with_content(description, content);
    let headers: &[&str] = match status {
        StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
        StatusCode::TOO_MANY_REQUESTS => {
            &["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
        }
        _ => &[],
    };
    for name in headers {
        let shared = format!("#/components/headers/{name}");
        response["headers"][*name] = json!({"$ref": shared});
    }
    response
}

fn with_content(description: &str, content: Value) -> Value {
    json!({
        "description": description,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
        "content": {"application/json": content},
    })
}

fn example(code: Code) -> ApiError {
    match code {
        Code::Validation => ApiError::validation(vec![
            FieldError::new(FieldErrorKind::Missing, "message", "is required"),
            FieldError::new(FieldErrorKind::WrongType, "context", "must be an object"),
        ]),
        Code::InvalidId => ApiError::invalid_id("nonsense"),
        Code::NotFound => ApiError::not_found("error", ErrorId(EXAMPLE_ID)),
        Code::Internal => ApiError::new(code, "Something went wrong; try again later"),
        Code::MalformedJson => ApiError::new(
            code,
            "The body is not JSON: it breaks off or goes wrong at line 1 column 12",
        ),
        Code::Authentication => ApiError::new(code, "The API key is unknown or expired"),
        Code::Authorization => ApiError::new(code, "The API key lacks the permission `write`")
            .with_detail("permission", "write".into()),
        Code::Conflict => {
            ApiError::new(code, "Project 1 takes what names no project, so it can't be deleted")
        }
        Code::PayloadTooLarge => ApiError::new(code, "The body may have at most 1048576 bytes")
            .with_detail("limit", (1 << 20).into()),
        Code::UnsupportedMediaType => ApiError::new(code, "Send the body as application/json"),
        Code::RequestTimeout => ApiError::new(code, "The body took too long to arrive"),
        Code::MethodNotAllowed => ApiError::new(code, "This path answers to other methods only"),
        Code::RateLimited => EXAMPLE_STANDING.refusal(),
        Code::ExternalService => ApiError::new(code, "The test message did not go out")
            .with_detail("service", "slack".into())
            .with_detail("reason", "hooks.slack.com answered 404: no_service".into()),
        Code::ServiceUnavailable => {
            ApiError::new(code, "The service is not available now; try again later")
        }
    }
}

fn body(error: &ApiError) -> Value {
    let mut body = error.to_json(Environment::Production);
    body.insert("request_id".to_owned(), EXAMPLE_ID.to_string().into());
    body.insert("status".to_owned(), "error".into());
    Value::Object(body)
}
