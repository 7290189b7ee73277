<?php
declare(strict_types=1);
namespace Stack;

require_once __DIR__ . '/environment.php';

/**
 * Where the database is and how to reach it, from the environment.
 *
 * DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD one by one, or DB_SECRET: the JSON of a Secrets Manager database
 * secret (host, port, dbname, username, password). A single variable wins over the secret's field.
 */
final class Database
{
    private const CA_OF_IMAGE = '/opt/stack/ca/bundle.pem';

    private function __construct(
        public readonly string $host,
        public readonly int $port,
        public readonly string $name,
        public readonly string $user,
        #[\SensitiveParameter] public readonly string $password,
    ) {
    }

    /** Null where the environment names no database. Throws where it names half of one. */
    public static function fromEnvironment(): ?self
    {
        $secret = self::secret();
        $host = environment('DB_HOST') ?? $secret['host'] ?? null;
        if ($host === null) {
            return null;
        }
        $values = [];
        foreach (['DB_NAME' => 'dbname', 'DB_USER' => 'username', 'DB_PASSWORD' => 'password'] as $variable => $field) {
            $values[$field] = environment($variable) ?? $secret[$field]
                ?? throw new \RuntimeException("$variable is not set, and DB_SECRET has no \"$field\"");
        }
        $port = (string) (environment('DB_PORT') ?? $secret['port'] ?? '3306');
        if (!ctype_digit($port) || (int) $port < 1 || (int) $port > 65535) {
            throw new \RuntimeException("DB_PORT is not a port: $port");
        }
        return new self((string) $host, (int) $port, (string) $values['dbname'], (string) $values['username'], (string) $values['password']);
    }

    /**
     * PDO options for TLS with the server's certificate and name verified.
     *
     * DB_SSL_CA is a file, DB_SSL_CA_PEM the text itself; else the bundle that was built in. There is no silent way to
     * leave TLS out: only DB_TLS=off does.
     */
    public function tlsOptions(): array
    {
        $mode = environment('DB_TLS') ?? 'verify';
        if ($mode === 'off') {
            return [];
        }
        if ($mode !== 'verify') {
            throw new \RuntimeException("DB_TLS is \"$mode\": it can be verify or off");
        }
        // PHP 8.5 deprecates the old names, 8.3 lacks the new ones.
        return \PHP_VERSION_ID >= 80400
            ? [\Pdo\Mysql::ATTR_SSL_CA => self::caFile(), \Pdo\Mysql::ATTR_SSL_VERIFY_SERVER_CERT => true]
            : [\PDO::MYSQL_ATTR_SSL_CA => self::caFile(), \PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true];
    }

    /** A new connection. $timeout, in seconds, bounds the connect and each wait for an answer. */
    public function connect(int $timeout = 5): \PDO
    {
        ini_set('mysqlnd.net_read_timeout', (string) $timeout);
        $source = sprintf('mysql:host=%s;port=%d;dbname=%s;charset=utf8mb4', $this->host, $this->port, $this->name);
        return new \PDO($source, $this->user, $this->password, $this->tlsOptions() + [
            \PDO::ATTR_TIMEOUT => $timeout,
            \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
            \PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC,
        ]);
    }

    private static function secret(): array
    {
        $text = environment('DB_SECRET');
        if ($text === null) {
            return [];
        }
        $secret = json_decode($text, true);
        if (!is_array($secret)) {
            throw new \RuntimeException('DB_SECRET is not a JSON object');
        }
        return $secret;
    }

    private static function caFile(): string
    {
        $file = environment('DB_SSL_CA');
        if ($file !== null) {
            return is_readable($file) ? $file : throw new \RuntimeException("DB_SSL_CA names a file that cannot be read: $file");
        }
        $text = environment('DB_SSL_CA_PEM');
        if ($text !== null) {
            // mysqlnd takes a file only. Named by content and renamed into place: never half there, never stale.
            $file = '/tmp/db-ca-' . hash('sha256', $text) . '.pem';
            if (!is_file($file)) {
                $new = tempnam('/tmp', 'db-ca-');
                file_put_contents($new, $text);
                rename($new, $file);
            }
            return $file;
        }
        if (is_readable(self::CA_OF_IMAGE)) {
            return self::CA_OF_IMAGE;
        }
        throw new \RuntimeException('no CA to verify the database with: set DB_SSL_CA (a file) or DB_SSL_CA_PEM (the text), or build the image with one');
    }
}
