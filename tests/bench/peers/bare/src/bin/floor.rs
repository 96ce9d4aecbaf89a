//! The floor: blocking sockets, and of HTTP what the benchmark's own server says. As many
//! connections, each with a thread, as `AWS_LAMBDA_MAX_CONCURRENCY` says.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::TcpStream;

use peer_bare::{Handler, api, handler};

fn main() -> io::Result<()> {
    let api = api()?;
    let handler = handler()?;
    let slots = std::env::var("AWS_LAMBDA_MAX_CONCURRENCY");
    let slots: usize = slots.ok().and_then(|slots| slots.parse().ok()).unwrap_or(1);
    std::thread::scope(|scope| {
        for _ in 1..slots {
            scope.spawn(|| Connection::open(&api)?.serve(&api, handler));
        }
        Connection::open(&api)?.serve(&api, handler)
    })
}

struct Connection {
    stream: TcpStream,
    /// Room for the answer that is being read.
    buffer: Vec<u8>,
}

impl Connection {
    fn open(api: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(api)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 16 * 1024],
        })
    }

    fn serve(mut self, api: &str, handler: Handler) -> io::Result<()> {
        let next =
            format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
        loop {
            self.stream.write_all(next.as_bytes())?;
            let (head, body) = self.receive()?;
            let received = &self.buffer;
            let id = header(&received[..head], "lambda-runtime-aws-request-id");
            let id = id.ok_or_else(|| io::Error::other("no request id"))?;
            let answer = handler(&received[head..head + body])?;
            let post = format!(
                "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {api}\r\n\
                 content-length: {}\r\n\r\n",
                answer.len()
            );
            self.send(post.as_bytes(), &answer)?;
            self.receive()?;
        }
    }

    fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let sent = self
            .stream
            .write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
        match sent.checked_sub(head.len()) {
            Some(sent) => self.stream.write_all(&body[sent..]),
            None => Err(io::Error::other("half a head was sent")),
        }
    }

    /// The lengths of the head and of the body of the next answer.
    fn receive(&mut self) -> io::Result<(usize, usize)> {
        let mut filled = 0;
        let head = loop {
            filled += self.read(filled)?;
            let received = &self.buffer[..filled];
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let body = header(&self.buffer[..head], "content-length");
        let body = body.and_then(|length| length.parse().ok()).unwrap_or(0);
        if self.buffer.len() < head + body {
            self.buffer.resize(head + body, 0);
        }
        while filled < head + body {
            filled += self.read(filled)?;
        }
        Ok((head, body))
    }

    fn read(&mut self, from: usize) -> io::Result<usize> {
        match self.stream.read(&mut self.buffer[from..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => Ok(length),
        }
    }
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}
