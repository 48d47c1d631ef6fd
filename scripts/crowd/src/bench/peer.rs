//! The peers in nginx: a plain proxy, and a waiting room in Lua that runs the very scripts of the
//! gateway on the same Redis, one call each, with the same tokens.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpStream;

use super::house::{House, Running};
use crate::system::settings::Settings;
use crate::witness::gauge::Gauge;
use crate::witness::line::Line;

const CONFIG: &str = include_str!("../../peer/nginx.conf");
const ROOM: [(&str, &str); 3] = [
    ("room.lua", include_str!("../../peer/room.lua")),
    ("line.lua", include_str!("../../peer/line.lua")),
    ("jwt.lua", include_str!("../../peer/jwt.lua")),
];
/// Where Debian has them.
const MODULES: [&str; 2] = [
    "/usr/lib/nginx/modules/ndk_http_module.so",
    "/usr/lib/nginx/modules/ngx_http_lua_module.so",
];
const REDIS_CLIENT: &str = "/usr/share/lua/5.1/nginx/redis.lua";
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A running nginx with both peers.
#[derive(Debug)]
pub(super) struct Peer {
    child: Child,
    pub(super) plain: String,
    pub(super) room: String,
}

impl Peer {
    /// Whether nginx, its Lua and its Redis client are on this machine.
    pub(super) fn is_installed() -> bool {
        let files = MODULES.iter().chain([&REDIS_CLIENT]);
        files.into_iter().all(|file| Path::new(file).exists())
            && Command::new("nginx").arg("-v").output().is_ok()
    }

    /// Starts it beside a gateway: same queue, same keys, same upstream.
    pub(super) async fn start(
        folder: &Path,
        house: &House,
        upstream: &Running,
    ) -> anyhow::Result<Self> {
        let folder = folder.join("nginx");
        std::fs::create_dir_all(&folder)?;
        for (name, text) in ROOM {
            std::fs::write(folder.join(name), text)?;
        }
        let settings = lua_settings(&house.settings)?;
        std::fs::write(folder.join("settings.lua"), settings)?;
        let (plain, room) = (free_port()?, free_port()?);
        let config = CONFIG
            .replace("FOLDER", folder.to_str().context("a path of ours is text")?)
            .replace("MODULES", &load_modules())
            .replace("UPSTREAM", &upstream.address)
            .replace("PLAIN_PORT", &plain.to_string())
            .replace("ROOM_PORT", &room.to_string());
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config)?;
        let mut peer = Self {
            child: start(&file, &folder)?,
            plain: format!("127.0.0.1:{plain}"),
            room: format!("127.0.0.1:{room}"),
        };
        peer.await_listening(&folder).await?;
        Ok(peer)
    }

    async fn await_listening(&mut self, folder: &Path) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        while TcpStream::connect(&self.room).await.is_err() {
            let ended = self.child.try_wait()?.is_some();
            if ended || Instant::now() > deadline {
                let log = std::fs::read_to_string(folder.join("stderr.log")).unwrap_or_default();
                bail!("nginx did not start: {log}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Peer {
    /// SIGTERM, not SIGKILL: the master ends its workers.
    fn drop(&mut self) {
        let pid = self.child.id().try_into().map(Pid::from_raw);
        if pid.is_ok_and(|pid| kill(pid, Signal::SIGTERM).is_ok()) {
            let _reaped = self.child.wait();
        }
    }
}

fn start(config: &Path, folder: &Path) -> anyhow::Result<Child> {
    let log = std::fs::File::create(folder.join("stderr.log"))?;
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(folder).arg("-c").arg(config);
    nginx
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("starting nginx")
}

fn load_modules() -> String {
    MODULES
        .map(|file| format!("load_module {file};"))
        .join("\n")
}

fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}

/// What the Lua has to know: keys, ports, and the hashes of the scripts.
fn lua_settings(settings: &Settings) -> anyhow::Result<String> {
    let gauge = Gauge::new(settings.redis_url())?;
    let scripts = Scripts::of_this_repository();
    let line = Line::new(settings.redis_url(), settings.key_prefix());
    let mut keys = String::new();
    for part in scripts.parts()? {
        write!(keys, "'{}', ", line.key(&part))?;
    }
    let port = settings.redis_url().rsplit(':').next().unwrap_or_default();
    Ok(format!(
        "return {{ redis_port = {}, hold_ms = 15000, token_ms = 86400000, keys = {{ {keys} }},\n\
         token_key = '{}', pass_key = '{}', join = '{}', where = '{}' }}\n",
        port.split('/').next().unwrap_or_default(),
        settings.get("TOKEN_KEYS"),
        settings.get("PASS_KEYS"),
        gauge.load_script(&scripts.put_together("join")?)?,
        gauge.load_script(&scripts.put_together("where")?)?,
    ))
}

/// The gateway's Lua scripts, as their headers put them together.
struct Scripts(PathBuf);

impl Scripts {
    fn of_this_repository() -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../gateway/src/store"))
    }

    fn read(&self, path: &str) -> anyhow::Result<String> {
        let file = self.0.join(path);
        std::fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    /// The keys that every script is given, in their order.
    fn parts(&self) -> anyhow::Result<Vec<String>> {
        let keys = self.read("keys.rs")?;
        let (_, list) = keys
            .split_once("const PARTS")
            .context("keys.rs has PARTS")?;
        let (list, _) = list.split_once("];").context("PARTS has an end")?;
        let names = list.split('"').skip(1).step_by(2);
        Ok(names.map(str::to_owned).collect())
    }

    fn put_together(&self, verb: &str) -> anyhow::Result<String> {
        let script = self.read(&format!("lua/{verb}-{}.lua", self.parts()?.len()))?;
        let needs = script
            .lines()
            .find_map(|line| line.strip_prefix("-- Needs"));
        let mut text = String::new();
        for library in needs.unwrap_or_default().split_whitespace() {
            text.push_str(&self.read(&format!("lua/lib/{library}.lua"))?);
            text.push('\n');
        }
        Ok(text + &script)
    }
}
