<?php
declare(strict_types=1);
namespace Canary;

// Endpoints that drills measure with. Answers are JSON; a database that fails is always a 503, never a 200.

/** One row, committed, then acknowledged. A client may repeat a write whose answer it did not get. */
function write_row(): never
{
    $start = hrtime(true);
    $id = parameter('id') ?? bin2hex(random_bytes(16));
    if (!preg_match('/^[A-Za-z0-9._:-]{1,64}$/', $id)) {
        json(400, ['error' => 'id: 1 to 64 of A-Z a-z 0-9 . _ : -']);
    }
    query('INSERT INTO canary_row (id, served_by, at) VALUES (?, ?, NOW(6)) ON DUPLICATE KEY UPDATE tries = tries + 1', [$id, identity()['host']]);
    $sequence = (int) query('SELECT seq FROM canary_row WHERE id = ?', [$id])->fetchColumn();
    $ms = round((hrtime(true) - $start) / 1e6, 2);
    event('ack', ['id' => $id, 'seq' => $sequence, 'ms' => $ms]);
    json(201, ['id' => $id, 'seq' => $sequence, 'ms' => $ms]);
}

/** Rows after a sequence number, 10,000 at a time: every acknowledged id must be among them. */
function read_rows(): never
{
    $rows = query('SELECT seq, id, at, served_by FROM canary_row WHERE seq > ? ORDER BY seq LIMIT 10000', [number('from', 0, 0, PHP_INT_MAX)]);
    json(200, ['rows' => $rows->fetchAll(\PDO::FETCH_NUM)]);
}

function put_shared_file(string $name): never
{
    $content = (string) file_get_contents('php://input', length: IMAGE_BYTES + 1);
    if (strlen($content) > IMAGE_BYTES) {
        json(413, ['error' => 'larger than 10 MiB']);
    }
    put_file($name, $content);
    json(201, ['sha256' => hash('sha256', $content), 'bytes' => strlen($content)]);
}

function read_shared_file(string $name): never
{
    $content = @file_get_contents(FILES . "/$name");
    if ($content === false) {
        json(404, ['error' => 'no such file']);
    }
    json(200, ['sha256' => hash('sha256', $content), 'bytes' => strlen($content)]);
}

function count_visit(): never
{
    $session = Session::current() ?? Session::start(editor: false);
    json(200, ['visits' => $session->visit()]);
}

/** Holds the request: for drains and stops. */
function slow(): never
{
    $seconds = number('s', 5, 0, 55);
    $end = hrtime(true) + $seconds * 1_000_000_000;
    while (hrtime(true) < $end) {
        usleep(50_000);
    }
    json(200, ['slept' => $seconds]);
}

/** Uses one CPU for a while: for automatic scaling. */
function burn(): never
{
    $end = hrtime(true) + number('ms', 200, 0, 10000) * 1_000_000;
    for ($hashes = 0; hrtime(true) < $end; $hashes++) {
        hash('sha256', (string) $hashes);
    }
    json(200, ['hashes' => $hashes]);
}

/** Who asks, as far as trusted proxies say. */
function client(): array
{
    return ['ip' => visitor(), 'secure' => secure(), 'trace' => $_SERVER['HTTP_X_AMZN_TRACE_ID'] ?? null];
}

/** What the canary knows about its database, its files and itself. */
function state(): array
{
    $server = query('SELECT @@hostname AS host, @@server_id AS server_id, @@read_only AS read_only, @@version AS version')->fetch();
    $rows = query('SELECT COUNT(*) AS rows_written, COALESCE(MAX(seq), 0) AS last_seq FROM canary_row')->fetch();
    return [
        'database' => [
            'host' => $server['host'], 'server_id' => (int) $server['server_id'], 'read_only' => (bool) $server['read_only'],
            'version' => $server['version'], 'tls' => query("SHOW STATUS LIKE 'Ssl_version'")->fetchColumn(1) ?: null,
            'rows' => (int) $rows['rows_written'], 'last_seq' => (int) $rows['last_seq'],
        ],
        'files' => ['count' => count(glob(FILES . '/*') ?: []), 'writable' => is_writable('/mnt/files')],
        'articles' => (int) query('SELECT COUNT(*) FROM canary_article')->fetchColumn(),
        'last_cron' => query('SELECT MAX(at) FROM canary_cron')->fetchColumn() ?: null,
        'schema' => schema_version(),
    ];
}
