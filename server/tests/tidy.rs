//! What no lint holds: which room may hold what. Reads the source tree as text, needs no service.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Lines of a source file. A longer one has two subjects.
const LINES_MAX: usize = 400;

/// Long already, with the most lines they may have. Split them; add none.
const STILL_LONG: [(&str, usize); 2] = [("app/src/ports.rs", 550), ("domain/src/reducer.rs", 500)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every file of the folders with that extension: path from the root, text.
fn files(folders: &[&str], extension: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is gone", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} in {folders:?}: this test looks in the wrong place");
    found.sort();
    found
}

/// What ships, and what tests it from inside.
const SOURCES: [&str; 6] = ["domain/src", "detection/src", "simulator/src", "app/src", "server/src", "frontend/src"];

fn every_rust_file() -> Vec<(String, String)> {
    files(&["domain", "detection", "app", "server", "frontend", "lab"], "rs")
}

fn without_visibility(item: &str) -> &str {
    item.find("mod ").filter(|at| item[..*at].starts_with("pub")).map_or(item, |at| &item[at..])
}

/// Each `#[cfg(test)]` of a file: its line, the attributes after it, and what it stands before.
fn test_items(text: &str) -> Vec<(usize, Vec<&str>, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let item = |at: usize| {
        let attributes: Vec<&str> = lines[at + 1..].iter().take_while(|line| line.starts_with("#[")).copied().collect();
        let item = lines.get(at + 1 + attributes.len()).copied().unwrap_or_default();
        (at, attributes, without_visibility(item))
    };
    lines.iter().enumerate().filter(|(_, line)| **line == "#[cfg(test)]").map(|(at, _)| item(at)).collect()
}

/// The code of a file: no comments, nothing from its module of tests on.
fn shipped_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = test_items(text).into_iter().find(|(_, _, item)| item.starts_with("mod ") && item.ends_with('{'));
    let end = tests.map_or(usize::MAX, |(at, _, _)| at);
    let code = text.lines().enumerate().take(end).map(|(index, line)| (index + 1, line));
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Files that a `#[cfg(test)] mod name;` brings in.
fn test_files(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, text) in sources {
        let folder = name.trim_end_matches(".rs").trim_end_matches("/lib").trim_end_matches("/main");
        for (_, attributes, item) in test_items(text) {
            let Some(module) = item.strip_prefix("mod ").and_then(|item| item.strip_suffix(';')) else { continue };
            let beside =
                attributes.iter().find_map(|attribute| attribute.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
            found.insert(match beside {
                Some(file) => format!("{}/{file}", name.rsplit_once('/').unwrap().0),
                None => format!("{folder}/{module}.rs"),
            });
        }
    }
    found
}

/// `name:line: text` of every line of shipped code that `is_wrong`.
fn wrong_lines(sources: &[(String, String)], is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let tests = test_files(&files(&SOURCES, "rs"));
    for (name, text) in sources.iter().filter(|(name, _)| !tests.contains(name)) {
        let lines = shipped_code(text).filter(|(_, line)| is_wrong(line));
        wrong.extend(lines.map(|(number, line)| format!("{name}:{number}: {}", line.trim())));
    }
    wrong
}

fn outside(folders: &[&str]) -> Vec<(String, String)> {
    let inside = |name: &String| folders.iter().any(|folder| name.starts_with(folder));
    files(&SOURCES, "rs").into_iter().filter(|(name, _)| !inside(name)).collect()
}

fn none(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

const SQL: [&str; 11] = [
    "sqlx::query(",
    "query_as(",
    "query_scalar(",
    "QueryBuilder",
    "raw_sql(",
    "query!(",
    "\"select ",
    "\"insert into ",
    "\"update ",
    "\"delete from ",
    "\"with ",
];

#[test]
fn sql_stands_only_in_the_store() {
    let wrong = wrong_lines(&outside(&["server/src/store"]), |line| SQL.iter().any(|sign| line.contains(sign)));
    none(wrong, "SQL belongs in server/src/store");
    let store = files(&["server/src/store"], "rs");
    assert!(store.iter().any(|(_, text)| text.contains(SQL[0])), "these signs no longer find SQL where it stands");
}

#[test]
fn transactions_begin_in_one_place() {
    let begins = |line: &str| line.contains("pool().begin") || line.contains("pool.begin");
    let wrong = wrong_lines(&outside(&["server/src/store.rs"]), begins);
    none(wrong, "sqlx's own begin is not safe to drop: Store::begin");
    assert!(files(&["server/src"], "rs").iter().any(|(_, text)| text.lines().any(begins)), "these signs find nothing");
}

#[test]
fn rdkafka_is_named_only_in_the_kafka_room() {
    let names = |line: &str| line.contains("rdkafka::") || line.contains("use rdkafka");
    none(wrong_lines(&outside(&["server/src/kafka"]), names), "only server/src/kafka names rdkafka");
    assert!(files(&["server/src/kafka"], "rs").iter().any(|(_, text)| text.contains("rdkafka::")));
}

/// Names in a section of a crate's manifest.
fn section(manifest: &str, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest)).unwrap();
    let header = format!("[{name}]");
    let lines = text.lines().skip_while(|line| line.trim() != header).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| line.contains('='));
    let before = |line: &str| line.split(['.', '=', ' ']).next().unwrap_or_default().to_owned();
    lines.map(before).filter(|name| !name.is_empty() && !name.starts_with('#')).collect()
}

#[test]
fn the_domain_depends_on_nothing_that_acts() {
    let pure = ["chrono", "serde", "thiserror", "uuid", "schemars"];
    // JSON is how policies and models are kept; a digest names a party and a file; a prefetch is a hint to the processor.
    let detection: Vec<&str> = pure.into_iter().chain(["domain", "serde_json", "sha2", "prefetch-index"]).collect();
    let simulator: Vec<&str> = pure.into_iter().chain(["domain"]).collect();
    for (manifest, allowed) in
        [("domain/Cargo.toml", pure.to_vec()), ("detection/Cargo.toml", detection), ("simulator/Cargo.toml", simulator)]
    {
        let found = section(manifest, "dependencies");
        assert!(found.contains(&"serde".to_owned()), "the manifest is read wrongly: {found:?}");
        let wrong = found.into_iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        none(wrong, "domain, detection and simulator are pure; their dependencies are listed here");
    }
}

#[test]
fn the_page_and_the_product_name_no_room_they_must_not_know() {
    let app = section("app/Cargo.toml", "dependencies");
    for forbidden in ["sqlx", "rdkafka", "server", "lab"] {
        assert!(!app.contains(&forbidden.to_owned()), "app must not know {forbidden}");
    }
    for manifest in
        ["domain/Cargo.toml", "detection/Cargo.toml", "app/Cargo.toml", "server/Cargo.toml", "frontend/Cargo.toml"]
    {
        assert!(!section(manifest, "dependencies").contains(&"lab".to_owned()), "{manifest} names the lab");
    }
    let lab = section("lab/Cargo.toml", "dependencies");
    for judged in ["domain", "app", "server"] {
        assert!(!lab.contains(&judged.to_owned()), "the lab shares {judged}, the code it judges");
    }
}

#[test]
fn the_frontend_wakes_the_islands_and_does_nothing_else() {
    let text = std::fs::read_to_string(root().join("frontend/src/lib.rs")).unwrap();
    let code = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count();
    assert!(code <= 12, "frontend/src/lib.rs has {code} lines of code");
    assert_eq!(files(&["frontend/src"], "rs").len(), 1);
    let manifest = std::fs::read_to_string(root().join("frontend/Cargo.toml")).unwrap();
    assert!(manifest.contains(r#"crate-type = ["cdylib"]"#), "another crate type turns link-time optimisation off");
}

/// Whether the text holds a colour that is not a token: a hex number or a colour function.
fn names_a_colour(line: &str) -> bool {
    let functions = ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch(", "color("];
    let starts_a_word = |at: usize| !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let function = functions.iter().any(|name| line.match_indices(name).any(|(at, _)| starts_a_word(at)));
    function
        || line.match_indices('#').any(|(at, _)| {
            let rest = &line[at + 1..];
            let word = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
            matches!(word, 3 | 4 | 6 | 8) && rest[..word].bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

#[test]
fn colours_stand_only_among_the_tokens() {
    assert!(
        names_a_colour("a { color: #1b2c3d; }") && names_a_colour("x: rgb(1 2 3)") && !names_a_colour("#detail { }")
    );
    let mut wrong = Vec::new();
    for (name, text) in files(&["style"], "css") {
        if name == "style/tokens.css" {
            assert!(text.lines().any(names_a_colour), "the tokens have moved");
            continue;
        }
        // A property's value only: a selector may say #fade.
        let values =
            text.lines().enumerate().filter(|(_, line)| line.split_once(':').is_some_and(|(_, v)| names_a_colour(v)));
        wrong.extend(values.map(|(index, line)| format!("{name}:{}: {}", index + 1, line.trim())));
    }
    none(wrong, "raw colours belong in style/tokens.css");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = every_rust_file().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name);
    none(silent.collect(), "a file opens with //!");
}

#[test]
fn no_shipped_code_unwraps() {
    let wrong = wrong_lines(&files(&SOURCES, "rs"), |line| line.contains(".unwrap()") || line.contains(".expect("));
    none(wrong, "errors are values");
}

#[test]
fn no_file_is_longer_than_one_subject() {
    let allowed: BTreeMap<&str, usize> = STILL_LONG.into();
    let long = every_rust_file().into_iter().filter_map(|(name, text)| {
        let (lines, most) = (text.lines().count(), allowed.get(name.as_str()).copied().unwrap_or(LINES_MAX));
        (lines > most).then(|| format!("{name}: {lines} lines"))
    });
    none(long.collect(), "split it");
}

/// The variables that config.rs reads, with their defaults where they are written there.
fn configured() -> BTreeMap<String, Option<String>> {
    let text = std::fs::read_to_string(root().join("server/src/config.rs")).unwrap();
    let mut found = BTreeMap::new();
    for attribute in text.split("#[arg(").skip(1) {
        let attribute = &attribute[..attribute.find("pub ").unwrap()];
        let quoted = |key: &str| {
            let rest = &attribute[attribute.find(key)? + key.len()..];
            Some(rest[..rest.find('"')?].to_owned())
        };
        let plain = || {
            let rest = attribute.split("default_value_t = ").nth(1)?;
            Some(rest[..rest.find([',', ')'])?].replace('_', ""))
        };
        let name = quoted("env = \"").expect("every setting has a variable");
        found.insert(name, quoted("default_value = \"").or_else(plain));
    }
    found
}

#[test]
fn the_example_environment_mirrors_the_configuration() {
    let example = std::fs::read_to_string(root().join(".env.example")).unwrap();
    let configured = configured();
    assert!(configured.len() > 15, "config.rs is read wrongly: {configured:?}");
    for (name, default) in configured {
        let entries: Vec<&str> = example.lines().filter_map(|line| line.strip_prefix(&format!("# {name}="))).collect();
        assert_eq!(entries.len(), 1, "{name} must stand in .env.example once, as `# {name}=default`");
        if let Some(default) = default {
            assert_eq!(entries[0], default, "the default of {name}");
        }
        let above = example.lines().take_while(|line| !line.starts_with(&format!("# {name}="))).last();
        assert!(above.is_some_and(|line| line.starts_with("# ")), "{name} needs a line that says what it means");
    }
}

#[test]
fn migrations_open_with_why_and_are_numbered_once() {
    let mut numbers = BTreeMap::new();
    for (name, text) in files(&["migrations"], "sql") {
        assert!(text.starts_with("-- "), "{name} does not say why");
        let number = name.trim_start_matches("migrations/").split('_').next().unwrap_or_default().to_owned();
        assert_eq!(numbers.insert(number, name.clone()), None, "{name} reuses a number");
    }
}
