//! Software that listens on a port, by what it is for: who can hold one at all is a short list, not every unit.

/// Programs that listen on a port by what they are for, and the ports that they usually have.
const LISTENERS: &[(&str, &[u16])] = &[
    ("nginx", &[80, 443]),
    ("openresty", &[80, 443]),
    ("apache2", &[80, 443]),
    ("httpd", &[80, 443]),
    ("haproxy", &[80, 443]),
    ("caddy", &[80, 443]),
    ("lighttpd", &[80, 443]),
    ("traefik", &[80, 443]),
    ("envoy", &[80, 443, 10000]),
    ("varnish", &[80, 6081]),
    ("squid", &[3128]),
    ("stunnel", &[443]),
    ("stunnel4", &[443]),
    ("tomcat", &[8080, 8005]),
    ("tomcat9", &[8080, 8005]),
    ("tomcat10", &[8080, 8005]),
    ("jenkins", &[8080]),
    ("mysql", &[3306]),
    ("mysqld", &[3306]),
    ("mariadb", &[3306]),
    ("postgresql", &[5432]),
    ("redis", &[6379]),
    ("redis-server", &[6379]),
    ("memcached", &[11211]),
    ("mongod", &[27017]),
    ("sshd", &[22]),
    ("ssh", &[22]),
    ("named", &[53]),
    ("bind9", &[53]),
    ("dnsmasq", &[53]),
    ("unbound", &[53]),
    ("systemd-resolved", &[53]),
    ("postfix", &[25]),
    ("exim4", &[25]),
    ("dovecot", &[143, 993]),
    ("varnishd", &[80, 6081]),
    ("postgres", &[5432]),
    ("mysqld_safe", &[3306]),
    ("mariadbd", &[3306]),
    ("valkey", &[6379]),
    ("nats-server", &[4222]),
    ("influxdb", &[8086]),
    ("zookeeper", &[2181]),
    ("minio", &[9000]),
    ("gitea", &[3000]),
    ("vsftpd", &[21]),
    ("grafana-server", &[3000]),
    ("prometheus", &[9090]),
    ("elasticsearch", &[9200, 9300]),
    ("opensearch", &[9200, 9300]),
    ("kafka", &[9092]),
    ("rabbitmq-server", &[5672]),
    ("mosquitto", &[1883]),
    ("etcd", &[2379, 2380]),
    ("consul", &[8500]),
    ("vault", &[8200]),
    ("cups", &[631]),
    ("php-fpm", &[9000]),
    ("gunicorn", &[8000]),
    ("uwsgi", &[8080]),
    ("puma", &[3000]),
    ("node", &[3000]),
    ("tinyproxy", &[8888]),
    ("monit", &[2812]),
];

/// Names under which one service goes: that of its unit, of its program, of its process.
const ALIASES: &[&[&str]] = &[
    &["ssh", "sshd"],
    &["apache2", "httpd", "apache"],
    &["mysql", "mysqld", "mariadb", "mariadbd", "mysqld_safe"],
    &["postgresql", "postgres"],
    &["redis-server", "redis"],
    &["named", "bind9"],
    &["varnish", "varnishd"],
    &["postfix", "master"],
    &["mongod", "mongodb"],
    &["tomcat", "tomcat9", "tomcat10"],
    &["stunnel", "stunnel4"],
    &["dnsmasq", "dnsmasq-dhcp"],
];

/// Whether two names are of one service; an instance of PostgreSQL's unit (`postgresql@15-main`) is its service.
pub fn is_alias(one: &str, other: &str) -> bool {
    let base = |name: &str| if name.starts_with("postgresql@") { "postgresql".to_owned() } else { name.to_owned() };
    let (one, other) = (base(one), base(other));
    one == other || ALIASES.iter().any(|names| names.contains(&one.as_str()) && names.contains(&other.as_str()))
}

/// The ports that this software usually has; `None` if it is not known to listen. An instance of a unit (`tomcat@shop`)
/// is known by its template.
pub fn usual_ports(name: &str) -> Option<&'static [u16]> {
    let base = name.split('@').next().unwrap_or(name);
    LISTENERS.iter().find(|(known, _)| *known == base).map(|(_, ports)| *ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_service_has_many_names() {
        for (one, other, want) in [
            ("ssh", "sshd", true),
            ("nginx", "nginx", true),
            ("postgresql@15-main", "postgres", true),
            ("mysqld", "mariadb", true),
            ("tomcat@shop", "tomcat@blog", false),
            ("nginx", "apache2", false),
        ] {
            assert_eq!((is_alias(one, other), is_alias(other, one)), (want, want), "{one} {other}");
        }
    }

    #[test]
    fn an_instance_listens_as_its_template() {
        assert_eq!(usual_ports("tomcat@shop"), usual_ports("tomcat"));
        assert_eq!(usual_ports("systemd-logind"), None);
    }
}
