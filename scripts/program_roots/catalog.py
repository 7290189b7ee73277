"""Which programs come as roots, from which suite, and what they must show before they are used."""

import dataclasses
import fnmatch

SEMISYNC_AND_CLONE = ("semisync_source.so", "semisync_replica.so", "mysql_clone.so", "auth_socket.so")


@dataclasses.dataclass(frozen=True)
class Probe:
    """One self-test: run `program arguments…` of the root with an empty environment as an unprivileged user."""

    program: str
    arguments: tuple[str, ...]
    # A regular expression that the output must match; its group 1, where present, is the program's version.
    expect: str
    files: tuple[tuple[str, str], ...] = ()  # files made in a private folder first; {scratch} and {root} are replaced


@dataclasses.dataclass(frozen=True)
class Recipe:
    name: str
    suite: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]  # paths inside the root; the first is the one that argv_prefix runs
    minimum: tuple[int, ...]
    probes: tuple[Probe, ...]
    # Packages of the closure that the programs never load. The self-test proves that they are not needed.
    without: tuple[str, ...] = ()
    extra_files: tuple[tuple[str, str], ...] = ()  # files that the recipe adds: path inside the root, content
    environment: tuple[tuple[str, str], ...] = ()

    def keeps(self, package: str) -> bool:
        return package in self.packages or not any(fnmatch.fnmatchcase(package, p) for p in self.without)


HAPROXY = Recipe(
    name="haproxy",
    suite="trixie",
    packages=("haproxy",),
    programs=("usr/sbin/haproxy",),
    minimum=(3, 0),
    without=("adduser", "passwd", "perl*", "libperl*", "libpam*", "libsemanage*", "libaudit*", "libaudit-common",
             "login*", "debconf*", "init-system-helpers", "sysvinit-utils", "base-files", "base-passwd", "mawk",
             "libselinux1", "libsepol2", "libdb5*", "dpkg", "tar", "libacl1", "libattr1", "bash"),
    probes=(
        Probe("usr/sbin/haproxy", ("-v",), r"HAProxy version (\d+\.\d+\.\d+)"),
        Probe("usr/sbin/haproxy", ("-vv",), r"Built with OpenSSL version"),
        Probe("usr/sbin/haproxy", ("-c", "-V", "-f", "{scratch}/haproxy.cfg"), r"Configuration file is valid",
              files=(("haproxy.cfg", "global\n  default-path config\n"
                      "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n"
                      "frontend f\n  bind 127.0.0.1:1\n  http-request return status 200\n"),)),
    ),
    environment=(("OPENSSL_CONF", "/dev/null"),),
)

MYSQL = Recipe(
    name="mysql",
    suite="sid",
    packages=("mysql-server-core", "mysql-client-core"),
    programs=("usr/sbin/mysqld", "usr/bin/mysql", "usr/bin/mysqlbinlog", "usr/bin/mysqldump",
              "usr/bin/mysql_tzinfo_to_sql"),
    minimum=(9, 7),
    # Perl is for mysqld_safe and friends, curl, Kerberos and LDAP for telemetry and WebAuthn: none is used.
    without=("perl*", "libperl*", "libgdbm*", "libdb5*", "libbz2*", "libcrypt1", "libcurl*", "libkrb5*", "libk5*",
             "libgssapi*", "libldap*", "libsasl2*", "libssh2*", "libnghttp*", "libngtcp2*", "libpsl*", "libidn2*",
             "libunistring*", "libbrotli*", "libkeyutils*", "libcom-err*", "libfido2*", "libcbor*", "libudev*",
             "libmecab*", "libtirpc*", "openssl-provider-legacy", "libtcmalloc-minimal*", "libprotobuf32*", "gcc-*-base",
             "libc-gconv-modules-extra"),
    probes=(
        Probe("usr/sbin/mysqld", ("--no-defaults", "--version"), r"Ver (\d+\.\d+\.\d+)"),
        Probe("usr/bin/mysql", ("--no-defaults", "--version"), r"Ver \d+\.\d+\.\d+"),
        Probe("usr/bin/mysqlbinlog", ("--no-defaults", "--version"), r"Ver \d+\.\d+\.\d+"),
        # Aborts on a plugin that does not load or on an option that the server no longer knows.
        Probe("usr/sbin/mysqld", ("--defaults-file={scratch}/my.cnf", "--validate-config"), r"\A\s*\Z",
              files=(("my.cnf", "[mysqld]\nsecure_file_priv=NULL\nmysqlx=OFF\ndatadir={scratch}\n"
                      "plugin_dir={root}/usr/lib/mysql/plugin\nlc_messages_dir={root}/usr/share/mysql\n"
                      "character_sets_dir={root}/usr/share/mysql/charsets\n"
                      + "".join(f"plugin_load_add={plugin}\n" for plugin in SEMISYNC_AND_CLONE)),)),
    ),
    # Lets each data directory choose its own keyring; one that has no local manifest starts without.
    extra_files=(("usr/sbin/mysqld.my", '{"read_local_manifest": true}\n'),
                 ("usr/lib/mysql/plugin/component_keyring_file.cnf", '{"read_local_config": true}\n')),
    environment=(("OPENSSL_CONF", "/dev/null"),),
)

CATALOG = {recipe.name: recipe for recipe in (HAPROXY, MYSQL)}
