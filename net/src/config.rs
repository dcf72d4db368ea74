//! What can be tuned. Every limit that is 0 is lifted.

use std::time::Duration;

/// The gateway's configuration.
#[derive(Clone, Debug, Default)]
pub struct NetConfig {
    /// Origins beside the server's own that browsers may call from, as `scheme://host[:port]`;
    /// `*` allows all. A request without `Origin` is no browser's and always welcome.
    pub origins: Vec<String>,
    /// The listener speaks TLS, and browsers are told to come by nothing else.
    pub tls: bool,
    /// The last address in `X-Forwarded-For` is the client's. Only behind a proxy of one's own:
    /// anybody else can write that header.
    pub trust_proxy: bool,
    /// How much of people's addresses the log shows.
    pub addresses: crate::Addresses,
    /// The listener can be reached from this machine only: a request must name it. Set when
    /// the listener is opened.
    pub loopback: bool,
    /// The port of telnet, where there is one. Set when the listeners are opened.
    pub telnet: Option<u16>,
    /// The port of telnet by TLS, where there is one. Set when the listeners are opened.
    pub telnets: Option<u16>,
    /// How much anyone may do.
    pub limits: NetLimits,
    /// How much a session holds.
    pub sessions: SessionBounds,
    /// How long anyone may take.
    pub timeouts: Timeouts,
}

/// How much anyone may do. 0 lifts a limit.
#[derive(Clone, Copy, Debug)]
pub struct NetLimits {
    /// Websocket messages, and lines beyond the first of each, in any 60 s of one session.
    pub frames_per_minute: u32,
    /// Characters of one account that are connected at once.
    pub connections_per_account: usize,
    /// Connections open at once from one address, HTTP ones included; loopback peers don't count.
    pub connections_per_address: u32,
    /// Websocket handshakes per address and minute; resumes and loopback peers don't count.
    pub connection_attempts_per_minute: u32,
    /// Failed sign-ins per account name, address and minute; ten times as many per name and minute
    /// from addresses that nobody signed in from well lately.
    pub failed_logins_per_minute: u32,
    /// Calls with a token per address and minute; loopback peers don't count.
    pub calls_per_minute: u32,
    /// Registrations, sign-ins and guests per address and minute; loopback peers don't count.
    pub sign_ins_per_minute: u32,
    /// Open sockets, HTTP ones included.
    pub sockets: usize,
    /// Telnet streams that are compressed at once, 10 KiB each; more are not.
    pub compressed: usize,
}

impl Default for NetLimits {
    fn default() -> Self {
        Self {
            // Twice the ten commands a second that the world takes from a character.
            frames_per_minute: 1_200,
            connections_per_account: 3,
            // A school behind one address, and still no more than a hundredth of all places.
            connections_per_address: 500,
            connection_attempts_per_minute: 120,
            failed_logins_per_minute: 10,
            // A school behind one address: a page asks three times as it opens.
            calls_per_minute: 600,
            sign_ins_per_minute: 60,
            // Below the usual limit of 65,536 descriptors, with room for the database and the disk.
            sockets: 50_000,
            // 10 MiB.
            compressed: 1_024,
        }
    }
}

/// How much a session holds, at most.
#[derive(Clone, Copy, Debug)]
pub struct SessionBounds {
    /// Bytes of earlier ticks that may wait for a connected client; more for `slow_time`, and it
    /// is slow.
    pub queue_bytes: usize,
    /// For so long more may wait, as long as it becomes no less.
    pub slow_time: Duration,
    /// Bytes kept after they were sent, for a resume; also what may gather while the socket is
    /// away.
    pub replay_bytes: usize,
    /// How long sent frames are kept.
    pub replay_time: Duration,
    /// The kernel's send buffer per socket; 0 leaves it to the system. What it swallows, a cut
    /// client has missed, so it should be well below `replay_bytes`.
    pub send_buffer_bytes: usize,
}

impl SessionBounds {
    /// Bytes of earlier ticks that may wait whatever the time: eight times what makes a client
    /// slow in the end, and as much as may have gathered before it came back. So a session holds
    /// at most this, what one tick says, and in a ring `replay_bytes`: 2.25 MiB by default, of
    /// which a frame heard by many is one piece of memory for all of them and a place (48 bytes)
    /// for each. What it had not taken when its socket was cut, up to this once more, is kept
    /// beside what gathers while it is away.
    pub(crate) const fn left_over_max(&self) -> usize {
        8 * self.queue_bytes + self.replay_bytes
    }
}

impl Default for SessionBounds {
    fn default() -> Self {
        Self {
            // 10 s of a crowded room: 150 frames a second of 150 bytes.
            queue_bytes: 256 * 1024,
            // A phone in a tunnel.
            slow_time: Duration::from_secs(10),
            replay_bytes: 256 * 1024,
            // Four times the linkdead grace.
            replay_time: Duration::from_secs(120),
            // One tick of 400 frames; Linux doubles it.
            send_buffer_bytes: 64 * 1024,
        }
    }
}

/// How long anyone may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the handshake to the first sign-in.
    pub sign_in: Duration,
    /// From the handshake to the first sign-in, where people type it.
    pub typed_sign_in: Duration,
    /// From the sign-in to the welcome: the account store and the world's load.
    pub arrival: Duration,
    /// A socket nothing was heard from for so long, not even the answer to a ping, is closed;
    /// zero: never.
    pub idle: Duration,
    /// A silent socket is pinged this often, and after half of `idle` if that is sooner.
    pub ping: Duration,
    /// Whoever goes on sending over its limit for so long is closed.
    pub flood: Duration,
    /// A write that makes no progress for so long means the peer is gone; so does an HTTP answer
    /// that is not taken in this time.
    pub write: Duration,
    /// For a peer to take the last word and the close; who is closed for being slow gets `write`.
    pub linger: Duration,
    /// For the head of an HTTP request, for its body, and for a TLS handshake, each.
    pub request: Duration,
    /// For the last frames when the server stops.
    pub drain: Duration,
    /// How long a character waits for a lost client. For so long after a start, expired tokens
    /// come back in that were good when the server went down.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            sign_in: Duration::from_secs(10),
            typed_sign_in: Duration::from_secs(120),
            arrival: Duration::from_secs(30),
            idle: Duration::from_secs(300),
            ping: Duration::from_secs(30),
            flood: Duration::from_secs(5),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            request: Duration::from_secs(10),
            // With the other patiences of a stop below the 5 s that one may take.
            drain: Duration::from_secs(1),
            grace: Duration::from_secs(30),
        }
    }
}
