//! What a Redis server says of itself: its memory and how many commands it was sent.

use anyhow::Context as _;
use redis::Connection;

/// A Redis server to be asked.
#[derive(Debug, Clone)]
pub struct Gauge {
    client: redis::Client,
}

impl Gauge {
    /// The server at this URL.
    ///
    /// # Errors
    /// When it is no Redis URL.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let client = redis::Client::open(url).context("REDIS_URL")?;
        Ok(Self { client })
    }

    /// How many commands it has run, those inside scripts included, and one more for each look.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub fn commands(&self) -> anyhow::Result<u64> {
        let text = self.info("commandstats")?;
        let calls = text.lines().filter_map(|line| {
            let (_, figures) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            figures.split(',').next()?.parse::<u64>().ok()
        });
        Ok(calls.sum())
    }

    /// The memory in use, in bytes.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub fn memory_bytes(&self) -> anyhow::Result<u64> {
        self.field("memory", "used_memory:")?
            .parse()
            .context("used_memory")
    }

    /// Its version.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub fn version(&self) -> anyhow::Result<String> {
        self.field("server", "redis_version:")
    }

    /// Makes a script known to it, and answers its hash.
    ///
    /// # Errors
    /// When Redis cannot be asked, or does not take it.
    pub fn load_script(&self, text: &str) -> anyhow::Result<String> {
        let mut load = redis::cmd("SCRIPT");
        Ok(load.arg("LOAD").arg(text).query(&mut self.connect()?)?)
    }

    fn field(&self, section: &str, name: &str) -> anyhow::Result<String> {
        let text = self.info(section)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.with_context(|| name.to_owned())?.to_owned())
    }

    fn info(&self, section: &str) -> anyhow::Result<String> {
        Ok(redis::cmd("INFO")
            .arg(section)
            .query(&mut self.connect()?)?)
    }

    fn connect(&self) -> anyhow::Result<Connection> {
        self.client
            .get_connection()
            .context("no connection to Redis")
    }
}
