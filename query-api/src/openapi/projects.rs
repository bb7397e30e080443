//! Operations on projects. `projects/view.rs` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::sanitise::{Detector, MAX_KEY_LENGTH, MAX_KEYS};

use super::grouping::rules;
use super::operation::Operation;
use super::parameters;
use super::schema::{
    self, Field, extended, flag, input, integer, list, named, object, or_null, text, time, with,
    word,
};

const TAG: &str = "projects";
const ALL: &str = "/api/projects";
const ONE: &str = "/api/projects/{id}";
const RULES: &str = "type:DatabaseError message:\"*timeout*\" -> fingerprint(\"db-timeout\")\n";

/// The schema of a project.
pub(super) fn schemas() -> Vec<Field> {
    let project = object(
        "A project.",
        [
            ("id", with(integer("Its id."), json!({"format": "int32"}))),
            ("name", text("Its name.")),
            ("slug", text("A short name for links, made from the first name.")),
            ("dsn", text("What SDKs are given. Its key may submit, and nothing else.")),
            ("created_at", time("When it was made.")),
            ("updated_at", time("When it was changed last.")),
            ("keep_ip_addresses", flag("Whether addresses of clients are stored.")),
        ],
    );
    let details = extended(
        "Project",
        "A project with everything that is set for it.",
        [
            ("grouping_rules", text("Which events belong together, a rule a line.")),
            ("discard_rules", text("Which events are not kept, a rule a line.")),
            ("sanitising_rules", named("SanitisingRules")),
        ],
    );
    vec![
        ("Project", project),
        ("ProjectDetails", details),
        ("SanitisingRules", object("What is masked besides, and what is not.", masking())),
    ]
}

fn masking() -> [Field; 3] {
    let key = || text("A key, in lower-case words.");
    let detectors = word(Detector::ALL.map(Detector::as_str), "Finds secrets by their shape.");
    [
        ("extra_keys", list(key(), EXTRA)),
        ("safe_keys", list(key(), SAFE)),
        ("off", list(detectors, "What is not looked for.")),
    ]
}

const EXTRA: &str = "Values under these keys are masked: words that stand anywhere in a key, in any \
    spelling, so that `customer number` means `oldCustomerNumber`, too.";

const SAFE: &str =
    "Values under exactly these keys, in any spelling, are left as they are, whatever else holds.";

/// As [`masking`], for requests.
fn masking_input() -> Value {
    let key = json!({"maxLength": MAX_KEY_LENGTH, "pattern": "[A-Za-z]"});
    let bounded = |(name, schema): Field| {
        let mut schema = with(schema, json!({"maxItems": MAX_KEYS}));
        match name {
            "off" => schema["maxItems"] = json!(Detector::ALL.len()),
            _ => schema["items"] = with(schema["items"].take(), key.clone()),
        }
        (name, or_null(schema))
    };
    let description = "What is masked besides, and what is not; given as a whole.";
    or_null(input(description, &[], masking().map(bounded)))
}

fn example_masking() -> Value {
    json!({"extra_keys": ["customer number"], "safe_keys": ["session kind"], "off": ["ibans"]})
}

fn example_details() -> Value {
    let more = json!({
        "grouping_rules": RULES, "discard_rules": "", "sanitising_rules": example_masking(),
    });
    with(example(), more)
}

const UPDATE: &str = "Changes the fields that are given. The slug stays.\n\nRules stand a line each: \
    `type:DatabaseError message:\"*timeout*\" -> fingerprint(\"db-timeout\", \"{{ function }}\")` or \
    `module:\"vendor.*\" level:warning -> discard`; the first that matches wins, and those of \
    `discard_rules`, which can only discard, are looked at first. A matcher asks for `type`, `message`, \
    `level`, `environment`, `release`, `source`, `platform`, `server_name`, `url`, `tags.<name>`, or, of \
    one frame, `module`, `function`, `path` and `in_app` (yes or no); `!` before it asks for the \
    opposite. In a pattern `*` is any text and `?` any character; `\\` takes either as it is; case does \
    not matter; what holds a space stands in quotes. In a fingerprint `{{ default }}` is the computed \
    one, and `{{ type }}`, `{{ message }}` (normalised), `{{ module }}`, `{{ function }}`, `{{ level }}` \
    and the other names are values of the event. Behind `#` stands a comment. At most 200 rules and 32 \
    KiB. Rules hold for events that come half a second later; what is stored stays where it is.";

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), create(), get(), update(), delete(), preview_sanitising()]
}

fn example() -> Value {
    json!({
        "id": 2, "name": "Web Shop", "slug": "web-shop",
        "dsn": "http://3fa85f6457174562b3fc2c963f66afa6@localhost:8080/2",
        "created_at": "2025-08-29T12:00:00.000Z", "updated_at": "2025-08-29T12:00:00.000Z",
        "keep_ip_addresses": true,
    })
}

fn name() -> Value {
    with(
        text("Its name, without the blanks around it."),
        json!({"minLength": 1, "maxLength": 200, "pattern": schema::NO_NUL}),
    )
}

fn keep_ip_addresses() -> Value {
    or_null(flag("Whether addresses of clients are stored."))
}

fn list_all() -> Operation {
    let data = object("All projects.", [("projects", list(named("Project"), "Oldest first."))]);
    Operation::new(TAG, (Method::GET, ALL), "listProjects", "List all projects").answers(
        StatusCode::OK,
        "All projects.",
        data,
        &json!({"projects": [example()]}),
    )
}

fn create() -> Operation {
    let body = input(
        "The project.",
        &["name"],
        [
            ("name", name()),
            ("keep_ip_addresses", with(keep_ip_addresses(), json!({"default": true}))),
        ],
    );
    Operation::new(TAG, (Method::POST, ALL), "createProject", "Make a project")
        .reads(true, &body, &json!({"name": "Web Shop"}))
        .answers(StatusCode::CREATED, "The project.", named("Project"), &example())
        .leads_to(StatusCode::CREATED, &["getProject", "updateProject", "deleteProject"])
        .fails([StatusCode::CONFLICT])
}

fn get() -> Operation {
    let details = named("ProjectDetails");
    Operation::new(TAG, (Method::GET, ONE), "getProject", "Get a project")
        .takes([parameters::project_in_path()])
        .answers(StatusCode::OK, "The project.", details, &example_details())
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn update() -> Operation {
    let fields = [
        ("name", or_null(name())),
        ("keep_ip_addresses", keep_ip_addresses()),
        ("grouping_rules", rules("Which events belong together.")),
        ("discard_rules", rules("Which events are not kept.")),
        ("sanitising_rules", masking_input()),
    ];
    let body = input("The fields that change.", &[], fields);
    Operation::new(TAG, (Method::PUT, ONE), "updateProject", "Change a project")
        .describe(UPDATE)
        .takes([parameters::project_in_path()])
        .reads(true, &body, &json!({"keep_ip_addresses": false}))
        .answers(
            StatusCode::OK,
            "The changed project.",
            named("ProjectDetails"),
            &example_details(),
        )
        .fails([StatusCode::NOT_FOUND])
}

fn preview_sanitising() -> Operation {
    let sample =
        |description: &str| json!({"type": ["string", "object"], "description": description});
    let fields = [
        ("sanitising_rules", masking_input()),
        ("sample", sample("A text as in a message, or an object as a context, of at most 64 KiB.")),
    ];
    let body =
        input("The rules, the project's own unless given, and the sample.", &["sample"], fields);
    let data = object(
        "What became of it.",
        [
            ("result", sample("The sample without what would be masked.")),
            ("changed", flag("Whether anything was masked.")),
        ],
    );
    let path = "/api/projects/{id}/sanitising/preview";
    let name = "Try sanitising rules on a sample";
    Operation::new(TAG, (Method::POST, path), "previewSanitising", name)
        .describe("By the function that sanitises events. Nothing is kept of the sample.")
        .takes([parameters::project_in_path()])
        .reads(
            true,
            &body,
            &json!({
                "sanitising_rules": example_masking(),
                "sample": {"oldCustomerNumber": "4711", "session_kind": "guest"},
            }),
        )
        .answers(
            StatusCode::OK,
            "The result.",
            data,
            &json!({
                "result": {"oldCustomerNumber": "[Filtered]", "session_kind": "guest"},
                "changed": true,
            }),
        )
        .fails([StatusCode::NOT_FOUND])
}

fn delete() -> Operation {
    Operation::new(TAG, (Method::DELETE, ONE), "deleteProject", "Delete a project")
        .describe("Its errors, events and counts go with it. Project 1 can't be deleted.")
        .takes([parameters::project_in_path()])
        .answers_nothing("The project is deleted.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}
