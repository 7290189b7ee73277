<?php
declare(strict_types=1);
namespace Canary;

// The canary is the smallest site that uses everything a Drupal site uses in this image, and reports it. It is not
// Drupal, imitates nothing of it and says so on its page. Its parts are all here: no framework, no autoloader.
const FILES = '/mnt/files/canary';
const FILES_URL = '/sites/default/files/canary';

require_once '/opt/stack/lib/database.php';
require_once '/opt/stack/lib/lock.php';
foreach (['identity', 'http', 'schema', 'session', 'articles', 'drills', 'page'] as $part) {
    require_once __DIR__ . "/$part.php";
}

/** The database connection of this request. */
function database(): \PDO
{
    static $connection = null;
    if ($connection === null) {
        $settings = \Stack\Database::fromEnvironment() ?? throw new \RuntimeException('DB_HOST is not set');
        $connection = $settings->connect(5);
    }
    return $connection;
}

/** Prepared, executed. */
function query(string $sql, array $values = []): \PDOStatement
{
    $statement = database()->prepare($sql);
    $statement->execute($values);
    return $statement;
}
