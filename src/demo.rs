//! `pmtrace demo`: the stories of `fixtures/incidents`, which are part of the program.

use crate::input::{Found, Source};

/// A story's name, and its files with their names.
type Story = (&'static str, &'static [(&'static str, &'static [u8])]);

/// A file of a story.
macro_rules! file {
    ($story:literal, $name:literal) => {
        (concat!($story, "/", $name), include_bytes!(concat!("../fixtures/incidents/", $story, "/", $name)).as_slice())
    };
}

/// The stories; the first is told where none is named.
const STORIES: &[Story] = &[
    (
        "apache-docker-port-80",
        &[
            file!("apache-docker-port-80", "lb01/var/log/haproxy.log"),
            file!("apache-docker-port-80", "web01/docker-events.json"),
            file!("apache-docker-port-80", "web01/var/log/apache2/access.log"),
            file!("apache-docker-port-80", "web01/var/log/apache2/error.log"),
            file!("apache-docker-port-80", "web01/var/log/auth.log"),
            file!("apache-docker-port-80", "web01/var/log/dpkg.log"),
            file!("apache-docker-port-80", "web01/var/log/syslog"),
        ],
    ),
    (
        "haproxy-nginx-port-80",
        &[
            file!("haproxy-nginx-port-80", "lb01/var/log/auth.log"),
            file!("haproxy-nginx-port-80", "lb01/var/log/dpkg.log"),
            file!("haproxy-nginx-port-80", "lb01/var/log/haproxy.log"),
            file!("haproxy-nginx-port-80", "lb01/var/log/nginx/access.log"),
            file!("haproxy-nginx-port-80", "lb01/var/log/syslog"),
            file!("haproxy-nginx-port-80", "lb02/var/log/auth.log"),
            file!("haproxy-nginx-port-80", "lb02/var/log/haproxy.log"),
            file!("haproxy-nginx-port-80", "lb02/var/log/syslog"),
            file!("haproxy-nginx-port-80", "lb03/var/log/auth.log"),
            file!("haproxy-nginx-port-80", "lb03/var/log/haproxy.log"),
            file!("haproxy-nginx-port-80", "lb03/var/log/syslog"),
        ],
    ),
    (
        "apache-vhost-500",
        &[
            file!("apache-vhost-500", "var/log/apache2/access.log"),
            file!("apache-vhost-500", "var/log/apache2/api_access.log"),
            file!("apache-vhost-500", "var/log/apache2/api_error.log"),
            file!("apache-vhost-500", "var/log/apache2/error.log"),
            file!("apache-vhost-500", "var/log/auth.log"),
            file!("apache-vhost-500", "var/log/syslog"),
        ],
    ),
    (
        "nginx-apache-port",
        &[
            file!("nginx-apache-port", "lb01/var/log/haproxy.log"),
            file!("nginx-apache-port", "web01/journal.txt"),
            file!("nginx-apache-port", "web01/var/log/apache2/access.log"),
            file!("nginx-apache-port", "web01/var/log/apache2/error.log"),
            file!("nginx-apache-port", "web01/var/log/dpkg.log"),
            file!("nginx-apache-port", "web01/var/log/nginx/access.log"),
            file!("nginx-apache-port", "web01/var/log/nginx/error.log"),
        ],
    ),
    (
        "nginx-apache-8080",
        &[
            file!("nginx-apache-8080", "var/log/apache2/access.log"),
            file!("nginx-apache-8080", "var/log/apache2/error.log"),
            file!("nginx-apache-8080", "var/log/auth.log"),
            file!("nginx-apache-8080", "var/log/nginx/access.log"),
            file!("nginx-apache-8080", "var/log/nginx/error.log"),
            file!("nginx-apache-8080", "var/log/syslog"),
        ],
    ),
];

/// Names of the stories.
pub fn names() -> impl Iterator<Item = &'static str> {
    STORIES.iter().map(|(name, _)| *name)
}

/// The logs of a story; of the first where none is named. `None`: there is no such story.
pub fn story(name: Option<&str>) -> Option<Found> {
    let (_, files) = STORIES.iter().find(|(known, _)| name.is_none_or(|name| name == *known))?;
    let sources = files.iter().map(|(name, bytes)| Source::built_in(name, bytes)).collect();
    Some(Found { sources, ..Found::default() })
}
