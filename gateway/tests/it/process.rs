//! The gateway as a process: its exit codes, its commands and its signals.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::harness::{
    Client, PASS_KEYS, Sandbox, TOKEN_KEYS, eventually, key, payload, text, within,
};

fn gateway(redis: &Sandbox) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command
        .env_clear()
        .env("IDENTITY", "trusted")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0")
        .env("REDIS_URL", redis.url())
        .env("REDIS_KEY_PREFIX", redis.prefix())
        .env("TOKEN_KEYS", TOKEN_KEYS)
        .env("PASS_KEYS", PASS_KEYS)
        .env("UPSTREAM_URL", "http://127.0.0.1:1")
        .stdin(Stdio::null());
    command
}

/// Exit code and everything that was said.
async fn ended(mut command: Command) -> (i32, String) {
    let run = spawn_blocking(move || command.output().expect("it runs"));
    let output = within("the process ends", run).await.expect("it ran");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    (output.status.code().expect("no signal ended it"), said)
}

#[tokio::test]
async fn a_wrong_setting_ends_it_with_64_and_the_variables_name() {
    let redis = Sandbox::open().await;
    for (variable, value) in [
        ("IDENTITY", ""),
        ("IDENTITY", "jwt"),
        ("TOKEN_KEYS", ""),
        ("TOKEN_KEYS", "t:c2hvcnQ"),
        ("PASS_KEYS", TOKEN_KEYS),
        ("UPSTREAM_URL", "ftp://x"),
        ("GATE_RULES", "ajar GET /"),
        ("QUEUES", "Main"),
        ("LINE_HOLD_SECONDS", "5"),
        ("LOG_FORMAT", "xml"),
    ] {
        let mut command = gateway(&redis);
        command.env(variable, value);
        let (code, said) = ended(command).await;
        assert_eq!(code, 64, "{variable}={value}: {said}");
        assert!(said.contains(variable), "{said}");
        assert!(
            !said.contains("c2hvcnQ") && !said.contains(&TOKEN_KEYS[2..]),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_wrong_command_line_is_64_and_a_taken_port_is_1() {
    let redis = Sandbox::open().await;
    let mut misspelt = gateway(&redis);
    misspelt.arg("serv");
    assert_eq!(ended(misspelt).await.0, 64);
    let mut bad_name = gateway(&redis);
    bad_name.args(["queue", "create", "Main!"]);
    assert_eq!(ended(bad_name).await.0, 64);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut second = gateway(&redis);
    second.env(
        "GATEWAY_LISTEN",
        taken.local_addr().expect("bound").to_string(),
    );
    let (code, said) = ended(second).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("is another process there"), "{said}");
}

#[tokio::test]
async fn queue_create_opens_a_queue_once_and_says_so() {
    let redis = Sandbox::open().await;
    for expected in [
        "queue main created",
        "queue main is there already; nothing was changed",
    ] {
        let mut command = gateway(&redis);
        // Creating needs nothing but Redis.
        command
            .env_remove("TOKEN_KEYS")
            .env_remove("IDENTITY")
            .args(["queue", "create", "main"]);
        let (code, said) = ended(command).await;
        assert_eq!((code, said.contains(expected)), (0, true), "{said}");
    }
    assert_eq!(
        redis.state_number("hold").await / 1000,
        redis.state_number("charged_at").await / 1000
    );
}

/// A serving gateway process.
struct Serving {
    child: Child,
    client: Client,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn serve(mut command: Command) -> Serving {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let said = BufReader::new(child.stderr.take().expect("piped"));
    let (tell, mut told) = mpsc::unbounded_channel();
    // It goes on reading to the end: the process would stop at a full pipe.
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "gateway listens" {
                drop(tell.send(text(&line, "address")));
            }
        }
    });
    let address = within("it listens", told.recv()).await.expect("an address");
    let client = Client::of(address.parse().expect("host:port"));
    Serving { child, client }
}

fn send(serving: &Serving, signal: Signal) {
    let id = serving.child.id().try_into().expect("an id of a process");
    kill(Pid::from_raw(id), signal).expect("it still runs");
}

/// The id of the key that signs a new token.
async fn signing_key(serving: &Serving) -> String {
    let call = serving
        .client
        .post("/api/issue")
        .json(&json!({ "userId": 1 }));
    let token = text(&call.send().await.ok(), "token");
    let head = token.split('.').next().expect("a head");
    text(&payload(&format!(".{head}.")), "kid")
}

#[tokio::test]
async fn a_hangup_rereads_the_keys_and_a_bad_file_keeps_them() {
    let redis = Sandbox::open().await;
    let file: PathBuf = std::env::temp_dir().join(format!("keys-{:016x}", rand::random::<u64>()));
    let write = |keys: &str| std::fs::write(&file, keys).expect("written");
    write(TOKEN_KEYS);
    let mut command = gateway(&redis);
    command
        .env_remove("TOKEN_KEYS")
        .env("TOKEN_KEYS_FILE", &file);
    let serving = serve(command).await;
    assert_eq!(signing_key(&serving).await, "t");
    write(&format!("{},broken", key("b", 6)));
    send(&serving, Signal::SIGHUP);
    for _ in 0..20 {
        assert_eq!(signing_key(&serving).await, "t", "a bad file is none");
    }
    write(&key("n", 7));
    send(&serving, Signal::SIGHUP);
    let is_new = || async { (signing_key(&serving).await == "n").then_some(()) };
    eventually("the new key signs", is_new).await;
    std::fs::remove_file(&file).expect("removed");
}

#[tokio::test]
async fn a_term_ends_it_politely_with_0() {
    let redis = Sandbox::open().await;
    let mut serving = serve(gateway(&redis)).await;
    serving.client.get("/readyz").send().await.ok();
    send(&serving, Signal::SIGTERM);
    let code = eventually("it ends", || {
        let status = serving.child.try_wait().expect("it is a child of ours");
        async move { status.map(|status| status.code()) }
    })
    .await;
    assert_eq!(code, Some(0));
}
