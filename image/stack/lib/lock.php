<?php
declare(strict_types=1);
namespace Stack;

require_once __DIR__ . '/database.php';

/**
 * One install or deployment at a time in one database, whoever starts it and wherever it runs: a named lock of the
 * database server, which frees it by itself when the holder's connection ends.
 */
final class DeployLock
{
    private function __construct(private readonly \PDO $connection, private readonly string $name)
    {
    }

    /** Waits up to LOCK_WAIT seconds (60). Null where another holder kept it for that long. */
    public static function acquire(Database $database): ?self
    {
        $wait = (int) (environment('LOCK_WAIT') ?? 60);
        $connection = $database->connect($wait + 10);
        // Lock names are the server's, not the database's, and at most 64 characters.
        $name = 'deploy.' . substr(hash('sha256', $database->name), 0, 32);
        $take = $connection->prepare('SELECT GET_LOCK(?, ?)');
        $take->execute([$name, $wait]);
        return (int) $take->fetchColumn() === 1 ? new self($connection, $name) : null;
    }

    /** Whether it is still ours; asking also keeps the connection from being closed as idle. */
    public function held(): bool
    {
        try {
            $ask = $this->connection->prepare('SELECT IS_USED_LOCK(?) = CONNECTION_ID()');
            $ask->execute([$this->name]);
            return (int) $ask->fetchColumn() === 1;
        } catch (\PDOException) {
            return false;
        }
    }
}
