//! The document agrees with the table of routes and with itself.

use std::collections::BTreeSet;

use http::Method;
use shared::routes::Needs;

use super::*;

/// Answered on the port of each service, and kept from clients by the edge.
const FOR_OPERATORS: [&str; 2] = ["/ready", "/metrics"];

/// The methods of an item of `paths`, as the document spells them.
fn documented() -> BTreeSet<String> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect()
}

fn spelled(method: &Method, path: &str) -> String {
    format!("{} {path}", method.as_str().to_lowercase())
}

#[test]
fn every_route_is_documented_and_nothing_else() {
    let promised = routes::ALL
        .iter()
        .filter(|route| !FOR_OPERATORS.contains(&route.path))
        .map(|route| spelled(&route.method, route.path));
    assert_eq!(documented(), promised.collect());
}

#[test]
fn operations_have_names_of_their_own() {
    let names: Vec<&str> = operations().map(|operation| operation.id).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len());
    assert_eq!(names.len(), documented().len());
    // Links name operations, too.
    for name in every("operationId") {
        assert!(different.contains(name.as_str().unwrap()), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let references: BTreeSet<String> =
        every("$ref").iter().map(|reference| reference.as_str().unwrap().to_owned()).collect();
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "parameters", "headers", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&reference), "{reference} is not used");
        }
    }
}

#[test]
fn parameters_of_paths_are_described() {
    for operation in operations() {
        let (method, path) = (operation.method.clone(), operation.path);
        let named: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let value = operation.into_value(Needs::Nothing);
        let parameters = value["parameters"].as_array().unwrap().iter();
        let described: Vec<&str> = parameters
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(described, named, "{method} {path}");
    }
}

#[test]
fn open_routes_and_no_others_do_without_a_key() {
    let document = document();
    for route in routes::ALL.iter().filter(|route| !FOR_OPERATORS.contains(&route.path)) {
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][route.path][method];
        let expected = match route.needs {
            Needs::Nothing => json!([]),
            Needs::Key(permission) | Needs::InstallationKey(permission) => {
                json!([{"ApiKey": [permission.as_str()]}])
            }
        };
        assert_eq!(operation["security"], expected, "{route:?}");
    }
}

/// Every value that stands under the key, at any depth.
fn every(key: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open = vec![document()];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(entries) => {
                for (name, entry) in entries {
                    if name == key && entry.is_string() {
                        found.push(entry);
                    } else {
                        open.push(entry);
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}
