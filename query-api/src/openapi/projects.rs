//! Operations on projects. `projects/view.rs` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::grouping::rules;
use super::operation::Operation;
use super::parameters;
use super::schema::{
    self, Field, extended, flag, input, integer, list, named, object, or_null, text, time, with,
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
        ],
    );
    vec![("Project", project), ("ProjectDetails", details)]
}

fn example_details() -> Value {
    with(example(), json!({"grouping_rules": RULES, "discard_rules": ""}))
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
    vec![list_all(), create(), get(), update(), delete()]
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

fn delete() -> Operation {
    Operation::new(TAG, (Method::DELETE, ONE), "deleteProject", "Delete a project")
        .describe("Its errors, events and counts go with it. Project 1 can't be deleted.")
        .takes([parameters::project_in_path()])
        .answers_nothing("The project is deleted.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}
