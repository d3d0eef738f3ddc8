//! What the real Compose makes of a project before and after a plan: the two may differ by the effects alone.

use hardtack::model::compose::{Project, included_files};
use hardtack::plan::Plan;
use hardtack::rule::{Effect, Operation, ServiceEffect};
use hardtack::syntax::Value as New;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const ITEM: &str = "no-new-privileges:true";

/// The fields that a plan declares to change, by service; what extends a service changes with it.
pub struct Declared {
    fields: BTreeMap<String, BTreeSet<String>>,
    /// The texts that lists get in some service, by field: capabilities, mounts in memory; and the values of variables.
    items: BTreeMap<&'static str, BTreeSet<String>>,
    /// The services that move to an image without root, and to other ports inside.
    moved: BTreeSet<String>,
    /// Several files: one may hide what another declares.
    layered: bool,
}

impl Declared {
    /// What a plan for a project declares of what Compose reads from these files of it, by path.
    pub fn of(project: &Project, plan: &Plan, files: &[&str]) -> Self {
        let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let layered = files.len() > 1;
        let files: Vec<String> = files.iter().flat_map(|path| with_included(project, path)).collect();
        let effects: Vec<&ServiceEffect> = plan
            .steps
            .iter()
            .flat_map(|step| &step.effects)
            .filter_map(|effect| match effect {
                Effect::Service(effect) => Some(effect),
                _ => None,
            })
            .collect();
        for effect in effects.iter().filter(|effect| files.contains(&effect.file)) {
            fields.entry(effect.service.clone()).or_default().insert(effect.field().to_owned());
        }
        let given = |field: &'static str| {
            let effects = effects.iter().filter(move |effect| effect.field() == field);
            (field, effects.flat_map(|effect| items(&effect.operation)).collect())
        };
        let items = ["cap_add", "tmpfs", "environment"].map(given).into();
        let read = project.files().iter().filter(|file| files.contains(&file.path));
        for service in read.flat_map(|file| file.services()) {
            for base in project.bases(&service) {
                let inherited = effects
                    .iter()
                    .filter(|effect| effect.file == base.file.path && effect.service == base.name)
                    .map(|effect| effect.field().to_owned());
                fields.entry(service.name.to_owned()).or_default().extend(inherited);
            }
        }
        let moves = plan.steps.iter().filter(|step| step.rule == "nginx-unprivileged");
        let moved = moves.flat_map(|step| step.services.iter().map(|(_, service)| service.clone())).collect();
        Self { fields, items, moved, layered }
    }

    fn has(&self, service: &str, field: &str) -> bool {
        self.fields.get(service).is_some_and(|fields| fields.contains(field))
    }
}

/// The texts that an operation adds.
fn items(operation: &Operation) -> Vec<String> {
    let values = match operation {
        Operation::Set(New::Sequence(items)) => items.as_slice(),
        Operation::Set(value) | Operation::Append(value) => std::slice::from_ref(value),
        Operation::Remove => &[],
    };
    let text = |value: &New| if let New::String(text) = value { Some(text.clone()) } else { None };
    values.iter().filter_map(text).collect()
}

/// A file and those that it includes, as far as the project has them.
fn with_included(project: &Project, path: &str) -> Vec<String> {
    let included = project.file(path).map(included_files).unwrap_or_default();
    let deeper = included.iter().flat_map(|path| with_included(project, path));
    std::iter::once(path.to_owned()).chain(deeper).collect()
}

/// Where two models of a project differ by more than was declared.
pub fn undeclared(before: &Value, after: &Value, declared: &Declared) -> Vec<String> {
    let (mut before, mut after) = (before.clone(), after.clone());
    let mut found = Vec::new();
    // Extensions hold what services share; Compose makes nothing of them by themselves.
    for model in [&mut before, &mut after] {
        if let Some(model) = model.as_object_mut() {
            model.retain(|key, _| !key.starts_with("x-"));
        }
    }
    let empty = Map::new();
    let names: Vec<String> = services(&after).unwrap_or(&empty).keys().cloned().collect();
    for name in names {
        let (Some(old), Some(new)) = (service_mut(&mut before, &name), service_mut(&mut after, &name)) else {
            continue;
        };
        let is_moved = declared.moved.contains(&name);
        if is_moved && let Err(why) = follow(old, new) {
            found.push(format!("{name}: {why}"));
        }
        for (field, settle) in SETTLED {
            let hidden = (declared.layered || is_moved) && old.get(*field) == new.get(*field);
            if declared.has(&name, field)
                && !hidden
                && let Err(why) = settle(old, new, declared)
            {
                found.push(format!("{name}.{field}: {why}"));
            }
        }
    }
    let mut path = String::new();
    if first_difference(&before, &after, &mut path) {
        found.push(format!("{path} differs"));
    }
    found
}

/// What moving a web server to 8080 without root does to a service, done to the model before: port 80 inside
/// becomes 8080, wherever it is named, and the image is the one without root.
fn follow(old: &mut Map<String, Value>, new: &Map<String, Value>) -> Result<(), String> {
    for port in old.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if port["target"] == 80 {
            port["target"] = 8080.into();
        }
    }
    if let (Some(before), Some(after)) = (old.get_mut("expose"), new.get("expose")) {
        let ports = |list: &Value, moves: bool| -> BTreeSet<String> {
            let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(|port| if moves && port == "80" { "8080" } else { port }.to_owned()).collect()
        };
        if ports(before, true) != ports(after, false) {
            return Err(format!("it exposes {after}"));
        }
        *before = after.clone();
    }
    if let (Some(before), Some(after)) = (old.get_mut("image"), new.get("image").and_then(Value::as_str))
        && after.contains("unprivileged")
    {
        *before = after.split('@').next().unwrap_or(after).into();
    }
    let has_tmp = |tmpfs: Option<&Value>| {
        tmpfs.and_then(Value::as_array).is_some_and(|list| list.iter().any(|entry| entry == "/tmp"))
    };
    if new.get("read_only") == Some(&Value::Bool(true))
        && has_tmp(new.get("tmpfs"))
        && !has_tmp(old.get("tmpfs"))
    {
        let list = old.entry("tmpfs").or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().ok_or("its tmpfs is no list")?.push("/tmp".into());
    }
    let Some(test) = old.get_mut("healthcheck").and_then(|check| check.get_mut("test")) else {
        return Ok(());
    };
    let after = &new.get("healthcheck").ok_or("its health check is gone")?["test"];
    if test != after && !after.to_string().contains(":8080") {
        return Err(format!("its health check became {after}"));
    }
    *test = after.clone();
    Ok(())
}

/// Checks a declared field and takes what was declared out of the model afterwards.
type Settle = fn(&mut Map<String, Value>, &mut Map<String, Value>, &Declared) -> Result<(), String>;

const SETTLED: &[(&str, Settle)] = &[
    ("security_opt", |old, new, _| one_more(old, new, "security_opt", ITEM)),
    ("cap_drop", |old, new, _| one_more(old, new, "cap_drop", "ALL")),
    ("cap_add", |old, new, declared| longer(old, new, declared, "cap_add")),
    ("read_only", read_only),
    ("tmpfs", |old, new, declared| longer(old, new, declared, "tmpfs")),
    ("ports", |old, new, _| ports(old, new)),
    ("image", |old, new, _| image(old, new)),
    ("mem_limit", |old, new, _| added(old, new, "mem_limit")),
    ("cpus", |old, new, _| added(old, new, "cpus")),
    ("pids_limit", |old, new, _| added(old, new, "pids_limit")),
    ("deploy", |old, new, _| limits(old, new)),
    ("logging", |old, new, _| logging(old, new)),
    ("restart", |old, new, _| added(old, new, "restart")),
    ("init", |old, new, _| added(old, new, "init")),
    ("healthcheck", healthcheck),
    ("volumes", |old, new, _| volumes(old, new)),
    ("depends_on", |old, new, _| depends_on(old, new)),
    ("environment", environment),
];

/// A field that was not there before; its value is what the laws compare by themselves.
fn added(old: &mut Map<String, Value>, new: &mut Map<String, Value>, field: &str) -> Result<(), String> {
    if old.contains_key(field) {
        return Err("it was there before".to_owned());
    }
    new.remove(field).map(drop).ok_or_else(|| "it is not there".to_owned())
}

/// A health check that was not there before; of several files, one may have one that the other hides.
fn healthcheck(
    old: &mut Map<String, Value>,
    new: &mut Map<String, Value>,
    declared: &Declared,
) -> Result<(), String> {
    if declared.layered {
        old.remove("healthcheck");
        return new.remove("healthcheck").map(drop).ok_or_else(|| "it is gone".to_owned());
    }
    added(old, new, "healthcheck")
}

/// The same variables, some of which have a value that was declared.
fn environment(
    old: &mut Map<String, Value>,
    new: &mut Map<String, Value>,
    declared: &Declared,
) -> Result<(), String> {
    let (Some(Value::Object(before)), Some(Value::Object(after))) =
        (old.get_mut("environment"), new.get("environment"))
    else {
        return Err("it is not there before and after".to_owned());
    };
    for (name, value) in before.iter_mut() {
        let Some(changed) = after.get(name).filter(|changed| *changed != value) else { continue };
        let text = changed.as_str().unwrap_or_default();
        let is_it =
            |item: &String| item == text || item.strip_prefix(name.as_str()) == Some(&format!("={text}"));
        if !declared.items["environment"].iter().any(is_it) {
            return Err(format!("{name} became {text}"));
        }
        *value = changed.clone();
    }
    Ok(())
}

/// A log that was not configured before, or was thrown away.
fn logging(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    if old.get("logging").is_some_and(|logging| logging["driver"] == "none") {
        old.remove("logging");
    }
    added(old, new, "logging")
}

/// The same mounts, some of which are read-only now, and images among them pinned; and volumes without a name, for what
/// stays writable beside a read-only root.
fn volumes(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    let mounts = |service: &mut Map<String, Value>| match service.remove("volumes") {
        Some(Value::Array(mounts)) => mounts,
        _ => Vec::new(),
    };
    let (mut before, mut after) = (mounts(old), mounts(new));
    let is_nameless = |mount: &Value| mount["type"] == "volume" && mount["source"].is_null();
    let added = after.split_off(before.len().min(after.len()));
    if !added.iter().all(is_nameless) {
        return Err("more was added than volumes without a name".to_owned());
    }
    let mut changed = added.len();
    for (old, new) in before.iter_mut().zip(&mut after) {
        if new["read_only"] == true && old["read_only"] != true {
            old["read_only"] = true.into();
            changed += 1;
        }
        let source = |mount: &Value| mount["source"].as_str().unwrap_or_default().to_owned();
        let (was, is) = (source(old), source(new));
        let is_pinned = is.strip_prefix(&was).is_some_and(|rest| rest.contains("@sha256:"));
        if new["type"] == "image" && is_pinned {
            old["source"] = is.into();
            changed += 1;
        }
    }
    if changed == 0 {
        return Err("no mount became read-only, none was added, and no image of one was pinned".to_owned());
    }
    if before == after { Ok(()) } else { Err("more than that changed".to_owned()) }
}

/// The same services are waited for, and some of them until they are healthy.
fn depends_on(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    let (Some(Value::Object(mut before)), Some(Value::Object(mut after))) =
        (old.remove("depends_on"), new.remove("depends_on"))
    else {
        return Err("it is not there before and after".to_owned());
    };
    let mut changed = 0;
    for (name, entry) in &mut after {
        if entry["condition"] == "service_healthy" && before[name]["condition"] == "service_started" {
            before[name]["condition"] = entry["condition"].take();
            entry["condition"] = before[name]["condition"].clone();
            changed += 1;
        }
    }
    if changed == 0 || before != after {
        return Err(format!("{before:?} became {after:?}"));
    }
    Ok(())
}

/// The root was writable before, and is read-only.
fn read_only(old: &mut Map<String, Value>, new: &mut Map<String, Value>, _: &Declared) -> Result<(), String> {
    if new.get("read_only") != Some(&Value::Bool(true)) {
        return Err("it is not true".to_owned());
    }
    added(old, new, "read_only")
}

/// `deploy` has limits that it did not have, and is otherwise the same.
fn limits(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    const WAY: [&str; 3] = ["deploy", "resources", "limits"];
    let empty = Map::new();
    let at = |service: &Map<String, Value>| {
        let found = WAY.iter().try_fold(service, |at, key| at.get(*key)?.as_object());
        found.unwrap_or(&empty).clone()
    };
    let (before, after) = (at(old), at(new));
    if after.len() <= before.len() || before.iter().any(|(key, value)| after.get(key) != Some(value)) {
        return Err(format!("{before:?} became {after:?}"));
    }
    // Compose repeats `scale` in every `deploy`.
    let scale = new.get("scale").cloned();
    if let Some(deploy) = new.get_mut("deploy").and_then(Value::as_object_mut)
        && !old.contains_key("deploy")
        && deploy.get("replicas") == scale.as_ref()
    {
        deploy.remove("replicas");
    }
    for service in [old, new] {
        // Compose gives every `deploy` an empty `placement`.
        if let Some(deploy) = service.get_mut("deploy").and_then(Value::as_object_mut)
            && deploy.get("placement").and_then(Value::as_object).is_some_and(Map::is_empty)
        {
            deploy.remove("placement");
        }
        // Each mapping goes if nothing but the way to the limits was in it.
        for depth in (0..WAY.len()).rev() {
            let above =
                WAY[..depth].iter().try_fold(&mut *service, |at, key| at.get_mut(*key)?.as_object_mut());
            let Some(above) = above else { continue };
            let is_left = |value: &Value| value.as_object().is_some_and(|value| !value.is_empty());
            if depth + 1 == WAY.len() || above.get(WAY[depth]).is_some_and(|value| !is_left(value)) {
                above.remove(WAY[depth]);
            }
        }
    }
    Ok(())
}

/// What is added to a list was declared, and nothing is gone.
fn longer(
    old: &mut Map<String, Value>,
    new: &mut Map<String, Value>,
    declared: &Declared,
    field: &str,
) -> Result<(), String> {
    let list = |service: &mut Map<String, Value>| match service.remove(field) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let (before, after) = (list(old), list(new));
    let declared = declared.items.get(field);
    let is_declared =
        |item: &Value| item.as_str().is_some_and(|item| declared.is_some_and(|items| items.contains(item)));
    if let Some(gone) = before.iter().find(|item| !after.contains(item)) {
        return Err(format!("{gone} is gone"));
    }
    match after.iter().find(|item| !before.contains(item) && !is_declared(item)) {
        Some(other) => Err(format!("{other} was not declared")),
        None => Ok(()),
    }
}

/// The list has this item once more than before, and otherwise the same.
fn one_more(
    old: &mut Map<String, Value>,
    new: &mut Map<String, Value>,
    field: &str,
    item: &str,
) -> Result<(), String> {
    let items = new.get_mut(field).and_then(Value::as_array_mut).ok_or("it is not there")?;
    let length = items.len();
    items.retain(|other| other != item);
    if items.len() + 1 != length {
        return Err(format!("the item is there {} times", length - items.len()));
    }
    if items.is_empty() && !old.contains_key(field) {
        new.remove(field);
    }
    Ok(())
}

fn ports(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    let list = |service: &Map<String, Value>| service.get("ports").and_then(Value::as_array).cloned();
    let (before, after) = (list(old).ok_or("none before")?, list(new).ok_or("none after")?);
    // A port that has an address now is another one to Compose, which sorts them: compare without address.
    let bare = |ports: &[Value]| {
        let mut bare: Vec<Value> = ports.to_vec();
        bare.iter_mut().filter_map(Value::as_object_mut).for_each(|port| {
            port.remove("host_ip");
        });
        bare.sort_by_key(ToString::to_string);
        bare
    };
    let wide = |ports: &[Value]| {
        let is_wide = |port: &&Value| matches!(port["host_ip"].as_str(), None | Some("0.0.0.0" | "::"));
        ports.iter().filter(is_wide).count()
    };
    if bare(&before) != bare(&after) {
        return Err("more than the address changed".to_owned());
    }
    if wide(&after) >= wide(&before) {
        return Err("no address changed".to_owned());
    }
    for service in [old, new] {
        service.remove("ports");
    }
    Ok(())
}

fn image(old: &mut Map<String, Value>, new: &mut Map<String, Value>) -> Result<(), String> {
    let text = |service: &Map<String, Value>| service.get("image").and_then(Value::as_str).map(str::to_owned);
    let (before, after) = (text(old).ok_or("none before")?, text(new).ok_or("none after")?);
    let (name, digest) = after.split_once('@').ok_or("no digest")?;
    if !digest.starts_with("sha256:") || (name != before && name != format!("{before}:latest")) {
        return Err(format!("{before} became {after}"));
    }
    for service in [old, new] {
        service.remove("image");
    }
    Ok(())
}

fn services(model: &Value) -> Option<&Map<String, Value>> {
    model.get("services")?.as_object()
}

fn service_mut<'m>(model: &'m mut Value, name: &str) -> Option<&'m mut Map<String, Value>> {
    model.get_mut("services")?.get_mut(name)?.as_object_mut()
}

/// Whether two models differ; `path` becomes the way to the first place where they do.
fn first_difference(before: &Value, after: &Value, path: &mut String) -> bool {
    if before == after {
        return false;
    }
    if let (Some(old), Some(new)) = (before.as_object(), after.as_object()) {
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            if old.get(key) != new.get(key) {
                path.push_str(&format!(".{key}"));
                if let (Some(old), Some(new)) = (old.get(key), new.get(key)) {
                    first_difference(old, new, path);
                }
                return true;
            }
        }
    }
    true
}
