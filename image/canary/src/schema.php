<?php
declare(strict_types=1);
namespace Canary;

/** SQLSTATE of "no such table". */
const NO_TABLE = '42S02';

/** Numbered steps; each is applied once and then recorded. A step is never changed, only followed by another. */
const SCHEMA = [
    1 => [
        'CREATE TABLE IF NOT EXISTS canary_row (seq BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, id VARCHAR(64) NOT NULL UNIQUE,
            served_by VARCHAR(64) NOT NULL, at DATETIME(6) NOT NULL, tries INT NOT NULL DEFAULT 1) ENGINE=InnoDB',
        'CREATE TABLE IF NOT EXISTS canary_session (id CHAR(64) PRIMARY KEY, editor BOOLEAN NOT NULL DEFAULT FALSE, form_token CHAR(32) NOT NULL,
            visits INT NOT NULL DEFAULT 0, at DATETIME NOT NULL) ENGINE=InnoDB',
        'CREATE TABLE IF NOT EXISTS canary_login (id CHAR(64) PRIMARY KEY, expires DATETIME NOT NULL) ENGINE=InnoDB',
        'CREATE TABLE IF NOT EXISTS canary_cron (at DATETIME(6) PRIMARY KEY, host VARCHAR(64) NOT NULL) ENGINE=InnoDB',
    ],
    2 => [
        'CREATE TABLE IF NOT EXISTS canary_article (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200) NOT NULL, body TEXT NOT NULL,
            image VARCHAR(80) NULL, written_by VARCHAR(64) NOT NULL, at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4',
    ],
];

/** The last step that was applied; 0 where the site is not installed. */
function schema_version(): int
{
    try {
        return (int) query('SELECT MAX(version) FROM canary_schema')->fetchColumn();
    } catch (\PDOException $error) {
        return $error->getCode() === NO_TABLE ? 0 : throw $error;
    }
}

/** Applies what is missing and returns the numbers applied. The caller holds the deploy lock. */
function migrate(): array
{
    query('CREATE TABLE IF NOT EXISTS canary_schema (version INT PRIMARY KEY, release_name VARCHAR(100) NOT NULL, at DATETIME(6) NOT NULL) ENGINE=InnoDB');
    $have = schema_version();
    $applied = [];
    foreach (SCHEMA as $version => $statements) {
        if ($version <= $have) {
            continue;
        }
        foreach ($statements as $statement) {
            query($statement);
        }
        query('INSERT INTO canary_schema VALUES (?, ?, NOW(6))', [$version, substr(identity()['release'], 0, 100)]);
        $applied[] = $version;
    }
    return $applied;
}
