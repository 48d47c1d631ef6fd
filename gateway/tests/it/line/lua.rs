//! Holds each script's name, header and call together, so that the header can be believed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gateway::store::{ConfigTexts, Memory, Recovered};

use crate::harness::{Told, Witness, fan, opened};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/lua")
}

/// Name and text of each file in a folder of scripts.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(path).expect("readable"))
        })
        .collect()
}

/// What the header says after `word`, its continued lines included.
fn header(script: &str, word: &str) -> Option<String> {
    let mut lines = script
        .lines()
        .skip_while(|line| !line.starts_with(&format!("-- {word} ")));
    let start = lines.next()?.strip_prefix(&format!("-- {word}"))?;
    let more = lines.map_while(|line| line.strip_prefix("--          "));
    let all: Vec<&str> = std::iter::once(start).chain(more).map(str::trim).collect();
    Some(all.join(" "))
}

#[test]
fn no_script_touches_a_key_that_it_did_not_declare() {
    let mut all = files(&folder());
    all.extend(files(&folder().join("lib")));
    for (name, text) in all {
        for call in text.split("redis.call(").skip(1) {
            let argument = call.split(',').nth(1).unwrap_or_default().trim();
            let is_keyless = call.starts_with("'TIME'") || call.starts_with("'INFO'");
            assert!(
                is_keyless || argument.starts_with("K."),
                "{name}: redis.call({call:.40}"
            );
        }
    }
}

#[test]
fn a_script_needs_what_it_names_and_names_what_it_needs() {
    let libraries = files(&folder().join("lib"));
    for (script, text) in files(&folder()) {
        let needs = header(&text, "Needs").expect("Needs");
        let needs: Vec<&str> = needs.split(' ').collect();
        let mut known = text.clone();
        for name in needs.iter().rev() {
            let library = &libraries[*name];
            let defined = defined_by(library).into_iter().collect::<Vec<_>>();
            let is_used = defined.iter().any(|word| mentions(&known, word));
            assert!(is_used, "{script} names {name} and uses nothing of it");
            known.push_str(library);
        }
        for (name, library) in &libraries {
            let used = defined_by(library)
                .into_iter()
                .find(|word| mentions(&known, word));
            let is_named = needs.contains(&name.as_str());
            assert!(
                is_named || used.is_none(),
                "{script} uses {used:?} of {name}"
            );
        }
    }
}

/// What a library defines at its outermost level.
fn defined_by(library: &str) -> Vec<String> {
    let names = library
        .lines()
        .filter_map(|line| line.strip_prefix("local "));
    names
        .flat_map(|rest| {
            let rest = rest.strip_prefix("function ").unwrap_or(rest);
            let list = rest.split(['=', '(']).next().unwrap_or_default();
            list.split(',')
                .map(|name| name.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a word stands in code, not in a comment.
fn mentions(text: &str, word: &str) -> bool {
    let code = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|found| found == word)
}

#[tokio::test]
async fn every_script_is_called_with_the_arguments_of_its_header() {
    let (redis, desk) = opened(&[]).await;
    let witness = Witness::start(&redis).await;
    let queue = &desk.queue;
    desk.create().await;
    let token = desk.join(1).await.token();
    desk.store.promote(queue, 5).await.expect("Redis answers");
    desk.store.purge(queue, 5).await.expect("Redis answers");
    let proof = Some((token.ticket, token.epoch));
    desk.store
        .locate(queue, fan(1), proof, true)
        .await
        .expect("Redis answers");
    desk.end(&token).await;
    let version = (token.epoch, 0);
    desk.store
        .tick(queue, version, &[fan(1)])
        .await
        .expect("Redis answers");
    desk.store.snapshot(queue).await.expect("Redis answers");
    let memory = Memory {
        config: ConfigTexts {
            fields: vec![String::new(); 5],
        },
        fans: vec![Recovered {
            user: fan(1),
            ticket: token.ticket,
            left_ms: 0,
            is_claimed: false,
        }],
        ..Memory::default()
    };
    let recovered = desk.store.recover(queue, token.epoch, &memory).await;
    recovered.expect("Redis answers");
    let told = witness.finish(&redis).await;
    let calls: Vec<&Told> = told
        .iter()
        .filter(|told| told.words[0] == "EVALSHA")
        .collect();
    let scripts = files(&folder());
    let order = [
        "create", "join", "promote", "purge", "where", "end", "tick", "snapshot", "recover",
    ];
    let mut seen = 0;
    for name in order {
        let arguments = header(&scripts[&format!("{name}-11")], "ARGV").expect("ARGV");
        let arguments = arguments.replace("then per fan: ", "");
        let expected = arguments.split(", ").count();
        // A script that Redis does not know yet is sent again after it was loaded.
        let same = |call: &&&Told| call.words[1] == calls[seen].words[1];
        let call = calls[seen];
        seen += calls[seen..].iter().take_while(same).count();
        assert_eq!(call.words[2], "11", "{name}");
        assert_eq!(call.words.len() - 3 - 11, expected, "{name}: {call:?}");
    }
    assert_eq!(seen, calls.len(), "nothing else was called");
}
