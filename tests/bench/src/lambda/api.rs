//! A Runtime API server that measures: one thread, as few system calls as epoll allows.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::time::Timespec;

use super::connection::{Connection, Request, What, request_id};
use super::work::Work;

/// How long a runtime may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a silent runtime is looked after.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Stands for the listener where others are connections.
const LISTENER: u64 = u64::MAX;

const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n\
                          Content-Length: 16\r\n\r\n";

/// The server, for one runtime.
#[derive(Debug)]
pub(crate) struct Api {
    listener: TcpListener,
    epoll: OwnedFd,
    work: Work,
    event: Vec<u8>,
    /// How many invocations may be outstanding.
    slots: usize,
    connections: HashMap<u64, Connection>,
    /// How many connections there have been.
    pub(crate) opened: u64,
    /// Connections that wait for an event.
    waiting: VecDeque<u64>,
    /// By number, since when.
    outstanding: HashMap<u64, Instant>,
    given: u64,
    /// The answers' length, once one was checked.
    checked: Option<usize>,
    acknowledged: Option<Instant>,
}

/// When to stop giving events.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Elapsed(Duration),
    Invocations(usize),
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Phase {
    pub(crate) elapsed: Duration,
    /// From event to answer, of each invocation.
    pub(crate) answers: Vec<Duration>,
    /// From the acknowledgement of an answer to the next `/next`.
    pub(crate) gaps: Vec<Duration>,
    pub(crate) first_next: Option<Instant>,
    pub(crate) first_answer: Option<Instant>,
}

impl Api {
    pub(crate) fn new(work: Work, slots: usize) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(LISTENER),
            EventFlags::IN,
        )?;
        Ok(Self {
            listener,
            epoll,
            work,
            event: work.event(),
            slots,
            connections: HashMap::new(),
            opened: 0,
            waiting: VecDeque::new(),
            outstanding: HashMap::new(),
            given: 0,
            checked: None,
            acknowledged: None,
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Gives events until it is enough, and waits until the runtime asks in vain with all its slots.
    /// `alive` is asked now and then while nothing comes.
    pub(crate) fn run(
        &mut self,
        until: Until,
        mut alive: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Phase> {
        let begun = Instant::now();
        let mut last = begun;
        let first = self.given;
        let mut phase = Phase::default();
        let mut ready = Vec::with_capacity(64);
        self.acknowledged = None;
        loop {
            let enough = match until {
                Until::Elapsed(time) => last.duration_since(begun) >= time,
                Until::Invocations(count) => self.given - first >= count as u64,
            };
            if !enough {
                self.give()?;
            } else if self.outstanding.is_empty() && self.waiting.len() >= self.slots {
                phase.elapsed = last.duration_since(begun);
                return Ok(phase);
            }
            ready.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut ready),
                Some(&LOOK),
            )?;
            if ready.is_empty() {
                alive()?;
                ensure!(last.elapsed() < PATIENCE, "the runtime is silent");
                continue;
            }
            for event in &ready {
                match event.data.u64() {
                    LISTENER => self.accept()?,
                    number => self.receive(number, &mut phase)?,
                }
            }
            last = Instant::now();
        }
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        let (stream, _) = self.listener.accept()?;
        let connection = Connection::new(stream)?;
        let data = EventData::new_u64(self.opened);
        epoll::add(&self.epoll, connection.stream(), data, EventFlags::IN)?;
        self.connections.insert(self.opened, connection);
        self.opened += 1;
        Ok(())
    }

    /// Gives events to those that wait, as far as there are slots.
    fn give(&mut self) -> anyhow::Result<()> {
        while self.outstanding.len() < self.slots {
            let Some(number) = self.waiting.pop_front() else {
                return Ok(());
            };
            let Some(connection) = self.connections.get_mut(&number) else {
                continue;
            };
            let id = request_id(self.given);
            let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(60);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                 Lambda-Runtime-Aws-Request-Id: {id}\r\n\
                 Lambda-Runtime-Deadline-Ms: {}\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: \
                 arn:aws:lambda:eu-central-1:123456789012:function:bench\r\n\
                 Lambda-Runtime-Trace-Id: Root=1-6740e0a5-3b1b1c2d4e5f60718293a4b5;\
                 Parent=53995c3f42cd8ad8;Sampled=0\r\n\
                 Lambda-Runtime-Invocation-Id: {id}\r\n\
                 Date: Sat, 21 Nov 2026 08:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
                deadline.as_millis(),
                self.event.len()
            );
            self.outstanding.insert(self.given, Instant::now());
            self.given += 1;
            connection.send(head.as_bytes(), &self.event)?;
        }
        Ok(())
    }

    fn receive(&mut self, number: u64, phase: &mut Phase) -> anyhow::Result<()> {
        loop {
            let Some(connection) = self.connections.get_mut(&number) else {
                return Ok(());
            };
            let Some(request) = connection.receive()? else {
                self.connections.remove(&number);
                self.waiting.retain(|waiting| *waiting != number);
                return Ok(());
            };
            self.answer(number, &request, phase)?;
            let Some(connection) = self.connections.get_mut(&number) else {
                return Ok(());
            };
            connection.take(&request);
            if !connection.has_more() {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, number: u64, request: &Request, phase: &mut Phase) -> anyhow::Result<()> {
        let now = Instant::now();
        let connection = self.connections.get_mut(&number).context("no connection")?;
        match &request.what {
            What::Next => {
                phase.first_next.get_or_insert(now);
                if let Some(acknowledged) = self.acknowledged.take() {
                    phase.gaps.push(now.duration_since(acknowledged));
                }
                self.waiting.push_back(number);
            }
            What::Response(invocation) => {
                let given = self.outstanding.remove(invocation);
                let given = given.context("an answer to an invocation that is not outstanding")?;
                phase.answers.push(now.duration_since(given));
                phase.first_answer.get_or_insert(now);
                let body = connection.body(request);
                match self.checked {
                    Some(length) => ensure!(body.len() == length, "an answer of another length"),
                    None => {
                        self.work.check(body)?;
                        self.checked = Some(body.len());
                    }
                }
                connection.send(ACCEPTED, b"{\"status\":\"OK\"}\n")?;
                self.acknowledged = Some(Instant::now());
            }
            What::Other(line) => {
                let body = String::from_utf8_lossy(connection.body(request)).into_owned();
                bail!("the runtime said: {line}\n{body}");
            }
        }
        Ok(())
    }
}
