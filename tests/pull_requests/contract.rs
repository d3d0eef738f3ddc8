//! GitHub's own description of its interface, as the judge of requests and answers.

use super::http::Request;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The description of one version of the interface.
pub struct Contract {
    document: Value,
}

/// An operation that a request is for.
pub struct Operation<'c> {
    contract: &'c Contract,
    pub template: String,
    value: &'c Value,
    path_item: &'c Value,
}

impl Contract {
    /// Reads a description (OpenAPI 3.0).
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut document: Value = serde_json::from_str(&text).unwrap();
        translate(&mut document);
        Self { document }
    }

    /// The operation for a request, by method and the parts of its path.
    pub fn operation(&self, method: &str, parts: &[String]) -> Operation<'_> {
        let paths = self.document["paths"].as_object().unwrap();
        let fits = |template: &str| {
            let wanted: Vec<&str> = template.trim_start_matches('/').split('/').collect();
            // `{ref}` at the end may hold slashes (`heads/a/b`), as GitHub has it.
            let is_open = wanted.last() == Some(&"{ref}");
            let same_length = wanted.len() == parts.len() || is_open && wanted.len() < parts.len();
            same_length && wanted.iter().zip(parts).all(|(want, part)| want.starts_with('{') || *want == part)
        };
        let (template, item) = paths
            .iter()
            .find(|(template, item)| fits(template) && item.get(method.to_lowercase()).is_some())
            .unwrap_or_else(|| panic!("GitHub has no {method} /{}", parts.join("/")));
        Operation {
            contract: self,
            template: template.clone(),
            value: &item[method.to_lowercase()],
            path_item: item,
        }
    }

    fn resolve<'c>(&'c self, value: &'c Value) -> &'c Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                self.resolve(self.document.pointer(reference.trim_start_matches('#')).unwrap())
            }
            None => value,
        }
    }

    /// The violations of a schema of the description.
    fn violations(&self, schema: &Value, instance: &Value) -> Vec<String> {
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(false)
            .build(&whole)
            .unwrap();
        let problems = validator.iter_errors(instance);
        problems.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// A smallest instance of a schema, to be filled with what a test is about.
    pub fn sample(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values[0].clone();
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.sample(part) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(parts) = schema.get(choice).and_then(Value::as_array) {
                return self.sample(&parts[0]);
            }
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap().clone(),
            kind => kind.clone(),
        };
        match kind.as_str() {
            Some("string") => match schema["format"].as_str() {
                Some("uri") => "https://forge.example/x".into(),
                Some("date-time") => "2026-01-01T00:00:00Z".into(),
                Some("email") => "a@forge.example".into(),
                _ => "x".into(),
            },
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
            Some("boolean") => false.into(),
            Some("array") => json!([]),
            _ => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let field = |name: &Value| {
                    let name = name.as_str().unwrap();
                    (name.to_owned(), self.sample(&schema["properties"][name]))
                };
                Value::Object(required.iter().map(field).collect())
            }
        }
    }

    /// A smallest instance of a named schema.
    pub fn sample_of(&self, name: &str) -> Value {
        self.sample(&json!({ "$ref": format!("#/components/schemas/{name}") }))
    }
}

impl Operation<'_> {
    /// Holds a request to the description: known parameters only, a fitting body.
    pub fn check_request(&self, request: &Request) {
        let listed = [&self.value["parameters"], &self.path_item["parameters"]];
        let parameters: Vec<&Value> = listed
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.contract.resolve(parameter))
            .collect();
        for (name, value) in &request.query {
            let known =
                parameters.iter().find(|known| known["in"] == "query" && known["name"] == name.as_str());
            let schema =
                &known.unwrap_or_else(|| panic!("{} knows no parameter {name}", self.template))["schema"];
            let is_number = self.contract.resolve(schema)["type"] == "integer";
            let typed: Value = if is_number {
                value.parse::<u64>().expect("a number").into()
            } else {
                value.as_str().into()
            };
            let problems = self.contract.violations(schema, &typed);
            assert!(problems.is_empty(), "{}: {name}={value}: {problems:?}", self.template);
        }
        let body = request.json();
        match self.value.get("requestBody") {
            Some(described) => {
                let schema = &self.contract.resolve(described)["content"]["application/json"]["schema"];
                // Python's client names another type, and GitHub reads what it gets as JSON all the same.
                let is_ours =
                    !request.header("user-agent").is_some_and(|agent| agent.starts_with("Python-urllib/"));
                if is_ours {
                    assert_eq!(request.header("content-type"), Some("application/json"), "{}", self.template);
                }
                let problems = self.contract.violations(schema, &body);
                assert!(problems.is_empty(), "{}: {body}: {problems:?}", self.template);
                self.check_names(schema, &body);
            }
            None => assert!(body.is_null(), "{} takes no body", self.template),
        }
    }

    /// GitHub passes over fields that it does not know; a request that has one is a slip all the same.
    fn check_names(&self, schema: &Value, body: &Value) {
        let schema = self.contract.resolve(schema);
        let (Some(known), Some(fields)) = (schema["properties"].as_object(), body.as_object()) else {
            return;
        };
        for name in fields.keys() {
            assert!(known.contains_key(name), "{} knows no field {name}", self.template);
        }
    }

    /// Holds an answer to the description.
    pub fn check_response(&self, status: u16, body: &Value) {
        let described = self.value["responses"].get(status.to_string());
        let Some(described) = described else {
            // Every operation may be refused, or fail, in ways that the description leaves out.
            assert!(
                matches!(status, 401 | 403 | 404 | 409 | 410 | 422 | 429 | 500..),
                "{} {status}",
                self.template
            );
            return;
        };
        let Some(schema) = self.contract.resolve(described)["content"]["application/json"].get("schema")
        else {
            return;
        };
        let problems = self.contract.violations(schema, body);
        assert!(problems.is_empty(), "{} {status}: {problems:#?}", self.template);
    }

    /// A smallest answer with this status.
    pub fn sample(&self, status: u16) -> Value {
        let described = self.contract.resolve(&self.value["responses"][status.to_string()]);
        self.contract.sample(&described["content"]["application/json"]["schema"])
    }
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has the type `null`.
fn translate(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(translate);
            if object.get("nullable") != Some(&Value::Bool(true)) {
                return;
            }
            object.remove("nullable");
            if let Some(values) = object.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
            match object.get("type").cloned() {
                Some(kind @ Value::String(_)) => {
                    object.insert("type".to_owned(), json!([kind, "null"]));
                }
                _ => {
                    let old = std::mem::take(object);
                    object.insert("anyOf".to_owned(), json!([old, { "type": "null" }]));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

#[test]
fn the_judge_tells_wrong_from_right() {
    let Some(shared) = super::support::shared() else { return };
    let contract = Contract::read(&shared.join("github/github-openapi-cut.json"));
    let parts: Vec<String> = "repos/o/n/pulls".split('/').map(str::to_owned).collect();
    let operation = contract.operation("POST", &parts);
    let sample = operation.sample(201);
    operation.check_response(201, &sample);
    let mut wrong = sample;
    wrong["number"] = "seven".into();
    assert!(std::panic::catch_unwind(|| operation.check_response(201, &wrong)).is_err());
    let request = |body: &str| Request {
        method: "POST".to_owned(),
        path: String::new(),
        query: Default::default(),
        raw_query: String::new(),
        headers: [("content-type".to_owned(), vec!["application/json".to_owned()])].into(),
        body: body.as_bytes().to_vec(),
    };
    operation.check_request(&request(r#"{"head": "a", "base": "b"}"#));
    for wrong in
        [r#"{"head": "a"}"#, r#"{"head": "a", "base": "b", "surprise": 1}"#, r#"{"head": 1, "base": "b"}"#]
    {
        let wrong = request(wrong);
        assert!(std::panic::catch_unwind(|| operation.check_request(&wrong)).is_err());
    }
}
