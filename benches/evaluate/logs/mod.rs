//! Simulated traffic as the log files of servers, below a folder of its own.
//!
//! Each [`Style`] is what another house keeps: one file of nginx, Apache's rotated by day and packed, HAProxy's, all logs
//! of a host with reloads and deploys, a balancer before a web server on two hosts.

mod host;
mod lines;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::simulate::{DAY_S, Order, Request, Truth, run};
use lines::Lines;
pub(crate) use lines::address;

/// What keeps the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// nginx's access log, combined, in one file.
    Nginx,
    /// Apache's access log, combined, a file a day, the older ones packed; here and there a line is damaged.
    ApacheByDay,
    /// HAProxy's log of requests: civil times without a zone, to the millisecond.
    Haproxy,
    /// A host of nginx: the access log by day, damaged here and there, the error log, and syslog with reloads, deploys,
    /// and a restart a week.
    Host,
    /// HAProxy on one host, by syslog, before nginx on another.
    Layers,
    /// The error log of nginx, and no log of requests.
    ErrorsOnly,
}

impl Style {
    /// That of a log by its number, in turn; those that cost the most come less often, and where a log is large only
    /// the first three.
    pub(crate) fn of(number: usize, is_large: bool) -> Style {
        const ALL: [Style; 8] = [
            Style::Nginx,
            Style::Host,
            Style::ApacheByDay,
            Style::Nginx,
            Style::Haproxy,
            Style::Host,
            Style::Nginx,
            Style::Layers,
        ];
        ALL[number % if is_large { 3 } else { ALL.len() }]
    }
}

/// Lines between two damaged ones.
const DAMAGED_EACH: u64 = 40_011;

/// Writes the logs of what is ordered into a new folder, which is removed when it is dropped, and tells the truth.
///
/// # Errors
/// What the file system says.
pub(crate) fn write(order: &Order, style: Style) -> io::Result<(TempDir, Vec<Truth>)> {
    let folder = tempfile::tempdir()?;
    let mut set = Set::new(folder.path(), order, style)?;
    let mut problem = Ok(());
    let truths = run(order, &mut |request: &Request| {
        if problem.is_ok() {
            problem = set.add(request);
        }
    });
    problem?;
    set.finish(order)?;
    Ok((folder, truths))
}

/// The files of one style.
struct Set {
    style: Style,
    root: PathBuf,
    /// Traffic, the outermost layer first.
    traffic: Vec<(Lines, Daily)>,
    errors: Option<BufWriter<File>>,
    line: Vec<u8>,
    count: u64,
}

impl Set {
    fn new(root: &Path, order: &Order, style: Style) -> io::Result<Set> {
        let days = (order.end_s() - 1).div_euclid(DAY_S) - order.start_s.div_euclid(DAY_S) + 1;
        let daily = |path: &str, by_day: bool| {
            let is_packed = style == Style::ApacheByDay;
            Daily::new(&root.join(path), by_day.then_some((days, is_packed)), order.start_s)
        };
        let traffic = match style {
            Style::Nginx => vec![(Lines::Combined, daily("nginx/access.log", false)?)],
            Style::ApacheByDay => vec![(Lines::Apache, daily("apache2/access.log", true)?)],
            Style::Haproxy => vec![(Lines::Haproxy, daily("haproxy.log", false)?)],
            Style::Host => vec![(Lines::Combined, daily("web1/var/log/nginx/access.log", true)?)],
            Style::Layers => vec![
                (Lines::HaproxySyslog, daily("lb1/var/log/haproxy.log", false)?),
                (Lines::Combined, daily("web1/var/log/nginx/access.log", true)?),
            ],
            Style::ErrorsOnly => Vec::new(),
        };
        let errors = match style {
            Style::Host => Some(created(&root.join("web1/var/log/nginx/error.log"))?),
            Style::ErrorsOnly => Some(created(&root.join("nginx/error.log"))?),
            _ => None,
        };
        Ok(Set { style, root: root.to_owned(), traffic, errors, line: Vec::with_capacity(512), count: 0 })
    }

    fn add(&mut self, request: &Request) -> io::Result<()> {
        self.count += 1;
        let is_damaged =
            self.count.is_multiple_of(DAMAGED_EACH) && matches!(self.style, Style::ApacheByDay | Style::Host);
        for (lines, files) in &mut self.traffic {
            self.line.clear();
            if is_damaged {
                // A disk that was full for a moment: half of a line, then the next.
                lines.put(request, &mut self.line);
                self.line.truncate(self.line.len() / 3);
                self.line.push(b'\n');
            }
            lines.put(request, &mut self.line);
            files.write(request.at_s(), &self.line)?;
        }
        if let Some(errors) = self.errors.as_mut().filter(|_| request.is_failed()) {
            self.line.clear();
            host::error_line(request, &mut self.line);
            errors.write_all(&self.line)?;
        }
        Ok(())
    }

    fn finish(self, order: &Order) -> io::Result<()> {
        for (_, files) in self.traffic {
            files.finish()?;
        }
        if let Some(mut errors) = self.errors {
            errors.flush()?;
        }
        if self.style == Style::Host {
            host::write(&self.root.join("web1/var/log"), order)?;
        }
        Ok(())
    }
}

fn created(path: &Path) -> io::Result<BufWriter<File>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(BufWriter::with_capacity(1 << 18, File::create(path)?))
}

/// A log in one file, or rotated at midnight as logrotate does: the last day in `access.log`, the day before in
/// `access.log.1`, the older ones in `access.log.2` and so on, packed or not.
struct Daily {
    path: PathBuf,
    /// How many days there are, and whether the older ones are packed, if it is rotated.
    days: Option<(i64, bool)>,
    first_day: i64,
    day: i64,
    file: Written,
}

enum Written {
    Plain(BufWriter<File>),
    Packed(Box<GzEncoder<BufWriter<File>>>),
}

impl Daily {
    fn new(path: &Path, days: Option<(i64, bool)>, start_s: i64) -> io::Result<Daily> {
        let day = start_s.div_euclid(DAY_S);
        let file = Daily::opened(path, days, 0)?;
        Ok(Daily { path: path.to_owned(), days, first_day: day, day, file })
    }

    /// The file of a day, counted from the first one.
    fn opened(path: &Path, days: Option<(i64, bool)>, day: i64) -> io::Result<Written> {
        let before_last = days.map_or(0, |(days, _)| days - 1 - day);
        let is_packed = before_last > 1 && days.is_some_and(|(_, is_packed)| is_packed);
        let name = match before_last {
            0 => path.display().to_string(),
            older => format!("{}.{older}{}", path.display(), if is_packed { ".gz" } else { "" }),
        };
        let file = created(Path::new(&name))?;
        Ok(if is_packed {
            Written::Packed(Box::new(GzEncoder::new(file, Compression::fast())))
        } else {
            Written::Plain(file)
        })
    }

    fn write(&mut self, at_s: i64, line: &[u8]) -> io::Result<()> {
        let day = at_s.div_euclid(DAY_S);
        if self.days.is_some() && day > self.day {
            let next = Daily::opened(&self.path, self.days, day - self.first_day)?;
            std::mem::replace(&mut self.file, next).finish()?;
            self.day = day;
        }
        match &mut self.file {
            Written::Plain(file) => file.write_all(line),
            Written::Packed(file) => file.write_all(line),
        }
    }

    fn finish(self) -> io::Result<()> {
        self.file.finish()
    }
}

impl Written {
    fn finish(self) -> io::Result<()> {
        match self {
            Written::Plain(mut file) => file.flush(),
            Written::Packed(file) => file.finish()?.flush(),
        }
    }
}
