//! The server's side of a connection: a thread for each.

use std::io::{self, BufReader, Read as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, PoisonError};
use std::thread;

use super::answer::Ending;
use super::received::Progress;
use super::{Answer, Endpoint, Received, Shared};
use crate::wire::{headers, line, wrong};

/// Accepts connections until the server is closed.
pub(super) fn listen(listener: TcpListener, shared: Arc<Shared>) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            if shared.lock().closed {
                return;
            }
            let number = shared.change(|state| {
                state.connections += 1;
                state.connections
            });
            let shared = shared.clone();
            thread::spawn(move || Connection::new(number, stream, shared)?.serve());
        }
    });
}

/// Lets the accepting thread look whether it is still wanted.
pub(super) fn wake(address: SocketAddr) {
    let _ = TcpStream::connect(address);
}

struct Connection {
    number: usize,
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    shared: Arc<Shared>,
}

impl Connection {
    fn new(number: usize, stream: TcpStream, shared: Arc<Shared>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            number,
            writer: stream.try_clone()?,
            reader: BufReader::new(stream),
            shared,
        })
    }

    /// Answers requests until the connection ends.
    fn serve(mut self) -> io::Result<()> {
        loop {
            let (at, request) = self.begin()?;
            let scripted = self.scripted(request.endpoint);
            let early = scripted.as_ref().is_some_and(|answer| answer.early);
            if !early {
                let read = self.read_body(at, &request);
                let state = match &read {
                    Ok(()) => Progress::Whole,
                    Err(error) => Progress::Broken(error.to_string()),
                };
                self.update(at, |received| received.state = state);
                read?;
            }
            let Some(answer) = scripted.or_else(|| self.as_lambda_does(&request)) else {
                return Ok(());
            };
            let shared = self.shared.clone();
            let delivered = answer.delivers.clone();
            let ending = answer.write(&mut self.writer, || {
                if let Some(id) = delivered {
                    shared.change(|state| state.in_flight.insert(id));
                }
            })?;
            if early && ending == Ending::KeepAlive {
                self.writer.shutdown(Shutdown::Write)?;
                io::copy(&mut self.reader, &mut io::sink())?;
            }
            if early || ending != Ending::KeepAlive {
                return Ok(());
            }
        }
    }

    /// Reads the head of a request and puts it on record.
    fn begin(&mut self) -> io::Result<(usize, Received)> {
        let first = line(&mut self.reader)?;
        let mut parts = first.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(format!("not a request: {first:?}")));
        };
        let (endpoint, request_id) = Endpoint::of(method, path);
        let request = Received {
            endpoint,
            request_id,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers(&mut self.reader)?,
            body: Vec::new(),
            chunks: Vec::new(),
            trailers: Vec::new(),
            connection: self.number,
            state: Progress::Coming,
        };
        let at = self.shared.change(|state| {
            state.received.push(request.clone());
            state.received.len() - 1
        });
        Ok((at, request))
    }

    fn update(&self, at: usize, update: impl FnOnce(&mut Received)) {
        self.shared.change(|state| update(&mut state.received[at]));
    }

    fn read_body(&mut self, at: usize, request: &Received) -> io::Result<()> {
        if !request.is_chunked() {
            let length = request.header("content-length").unwrap_or("0");
            let length = length.parse().map_err(|_| wrong("content-length"))?;
            let mut body = vec![0; length];
            self.reader.read_exact(&mut body)?;
            self.update(at, |received| received.body = body);
            return Ok(());
        }
        loop {
            let size = line(&mut self.reader)?;
            let size = usize::from_str_radix(&size, 16);
            let size = size.map_err(|_| wrong("not the size of a chunk"))?;
            if size == 0 {
                let trailers = headers(&mut self.reader)?;
                self.update(at, |received| received.trailers = trailers);
                return Ok(());
            }
            let mut chunk = vec![0; size];
            self.reader.read_exact(&mut chunk)?;
            if !line(&mut self.reader)?.is_empty() {
                return Err(wrong("a chunk that does not end"));
            }
            self.update(at, |received| {
                received.chunks.push(size);
                received.body.extend_from_slice(&chunk);
            });
        }
    }

    /// What the script has for this endpoint. At `/next` it is waited for.
    fn scripted(&self, endpoint: Endpoint) -> Option<Answer> {
        let take = |state: &mut super::State| state.scripts.get_mut(&endpoint)?.pop_front();
        if endpoint != Endpoint::Next {
            return self.shared.change(take);
        }
        let mut state = self.shared.lock();
        state.waiting += 1;
        self.shared.changed.notify_all();
        let answer = loop {
            let answer = take(&mut state);
            if answer.is_some() || state.closed {
                break answer;
            }
            let waited = self.shared.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting -= 1;
        answer
    }

    /// The answer of a good Runtime API; none at the end of the server.
    fn as_lambda_does(&self, request: &Received) -> Option<Answer> {
        Some(match request.endpoint {
            Endpoint::Response | Endpoint::Error => {
                let id = request.request_id().unwrap_or_default();
                if self.shared.change(|state| state.in_flight.remove(id)) {
                    Answer::accepted()
                } else {
                    Answer::error(400, "InvalidRequestID", "Invalid request ID")
                }
            }
            Endpoint::InitError | Endpoint::RestoreError => Answer::accepted(),
            Endpoint::RestoreNext => Answer::status(200),
            Endpoint::Register => Answer::status(200)
                .header("Lambda-Extension-Identifier", EXTENSION)
                .header("Content-Type", "application/json")
                .body(r#"{"functionName":"tested","functionVersion":"$LATEST","handler":"-"}"#),
            Endpoint::ExtensionNext => {
                let state = self.shared.lock();
                let _ended = self.shared.changed.wait_while(state, |state| !state.closed);
                return None;
            }
            Endpoint::Next => return None,
            Endpoint::Unknown => Answer::error(404, "NotFound", "404 page not found"),
        })
    }
}

/// The identifier of every extension: there is one at most.
const EXTENSION: &str = "3cb8ac4a-5a7f-4b0b-9a77-6f9c2bbcd2de";
