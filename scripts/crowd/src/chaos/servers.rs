//! A Redis and a database of our own: to be killed, they must be nobody else's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where servers are, beside PATH.
const SERVER_FOLDERS: [&str; 4] = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec"];

/// The servers' programs on this machine.
#[derive(Debug, Clone)]
pub struct Servers {
    redis: PathBuf,
    database: PathBuf,
}

impl Servers {
    /// Finds them.
    ///
    /// # Errors
    /// Names the one that is missing.
    pub fn find() -> anyhow::Result<Self> {
        let find = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| on_path(name));
            found.with_context(|| format!("neither {} nor {} is on PATH", names[0], names[1]))
        };
        Ok(Self {
            redis: find(["redis-server", "valkey-server"])?,
            database: find(["mariadbd", "mysqld"])?,
        })
    }

    /// A Redis that keeps nothing: after a restart it is empty.
    pub(super) fn redis(&self, port: u16) -> impl Fn() -> Command + Send + 'static {
        let program = self.redis.clone();
        move || {
            let mut command = Command::new(&program);
            let port = port.to_string();
            command.args(["--bind", "127.0.0.1", "--port", &port]);
            command.args(["--save", "", "--appendonly", "no"]);
            command
        }
    }

    /// Makes an empty database in a folder, and a user for it. Answers how it is served, and its
    /// URL by a host and port of its own, or of a proxy before it.
    pub(super) fn database(&self, folder: &Path, port: u16) -> anyhow::Result<Database> {
        let password = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let data = folder.join("data");
        self.initialize(&data)?;
        let init = folder.join("init.sql");
        std::fs::write(&init, init_sql(&password)?)?;
        Ok(Database {
            program: self.database.clone(),
            is_mariadb: self.is_mariadb()?,
            data,
            init,
            port,
            password,
        })
    }

    fn is_mariadb(&self) -> anyhow::Result<bool> {
        let version = Command::new(&self.database).arg("--version").output()?;
        Ok(String::from_utf8_lossy(&version.stdout).contains("MariaDB"))
    }

    fn initialize(&self, data: &Path) -> anyhow::Result<()> {
        let folder = format!("--datadir={}", data.display());
        let mut command = if self.is_mariadb()? {
            let mut command = Command::new("mariadb-install-db");
            command.args(["--no-defaults", "--force", "--skip-test-db", &folder]);
            command
        } else {
            let mut command = Command::new(&self.database);
            command.args(["--no-defaults", "--initialize-insecure", &folder, &user()]);
            command
        };
        let output = command.output().context("creating an empty database")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no empty database: {said}");
        Ok(())
    }
}

/// One database server, by its data.
#[derive(Debug, Clone)]
pub(super) struct Database {
    program: PathBuf,
    is_mariadb: bool,
    data: PathBuf,
    init: PathBuf,
    port: u16,
    password: String,
}

impl Database {
    /// As `scripts/run` starts one: a commit is on the disk before it is acknowledged.
    pub(super) fn recipe(&self) -> impl Fn() -> Command + Send + 'static {
        let own = self.clone();
        move || {
            let mut command = Command::new(&own.program);
            command
                .args([
                    "--no-defaults",
                    "--bind-address=127.0.0.1",
                    "--socket=socket",
                ])
                .args(["--skip-name-resolve", "--max-connections=500"])
                .args(["--pid-file=pid", "--innodb-flush-log-at-trx-commit=1"])
                .arg(user())
                .arg(format!("--port={}", own.port))
                .arg(format!("--datadir={}", own.data.display()))
                .arg(format!("--init-file={}", own.init.display()));
            if !own.is_mariadb {
                command.args([
                    "--mysqlx=OFF",
                    "--disable-log-bin",
                    "--secure-file-priv=NULL",
                ]);
            }
            command
        }
    }

    /// The URL of its database when it is reached at this port.
    pub(super) fn url_at(&self, port: u16) -> String {
        let password = &self.password;
        format!("mysql://stagedoor:{password}@127.0.0.1:{port}/stagedoor")
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of its database, without anything between.
    pub(super) fn url(&self) -> String {
        self.url_at(self.port)
    }
}

fn init_sql(password: &str) -> anyhow::Result<String> {
    let user = "'stagedoor'@'127.0.0.1'";
    let mut sql = String::new();
    writeln!(
        sql,
        "CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{password}';"
    )?;
    writeln!(sql, "GRANT ALL PRIVILEGES ON *.* TO {user};")?;
    Ok(sql)
}

/// As whom the server runs: it refuses to be root unless it is told to.
fn user() -> String {
    let output = Command::new("id").arg("-un").output();
    let name = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("--user={}", name.unwrap_or_default())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SERVER_FOLDERS.map(PathBuf::from));
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

/// A port where nobody listens at the moment.
pub(super) fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    match listener.local_addr()?.port() {
        0 => bail!("no free port"),
        port => Ok(port),
    }
}
