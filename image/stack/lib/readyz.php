<?php
declare(strict_types=1);
// Everything that a page needs: the database over TLS, an installed site in it, a writable files directory.
// For deployment gates, drills and people; never for a load balancer. Only from inside (httpd.conf).
namespace Stack;

require_once __DIR__ . '/database.php';
require_once __DIR__ . '/site.php';

$connection = null;
$checks = [
    'database' => function () use (&$connection): string {
        $database = Database::fromEnvironment() ?? throw new \RuntimeException('DB_HOST is not set');
        $connection = $database->connect(2);
        $cipher = (string) $connection->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetchColumn(1);
        if ($cipher === '' && $database->tlsOptions() !== []) {
            throw new \RuntimeException('the connection is not encrypted');
        }
        return $cipher === '' ? 'connected, TLS is off' : $cipher;
    },
    'site' => function () use (&$connection): string {
        $table = match (kind()) {
            Kind::Drupal => 'key_value',
            Kind::Canary => 'canary_schema',
            Kind::Other => null,
        };
        if ($table === null) {
            return 'not a site that this image knows how to check';
        }
        if ($connection === null) {
            throw new \RuntimeException('not asked: no database');
        }
        if ($connection->query("SHOW TABLES LIKE '$table'")->fetchColumn() === false) {
            throw new \RuntimeException('not installed');
        }
        return 'installed';
    },
    'files' => function (): string {
        $probe = '/mnt/files/.ready-' . gethostname() . '-' . getmypid();
        if (@file_put_contents($probe, 'x') === false) {
            throw new \RuntimeException('/mnt/files is not writable');
        }
        unlink($probe);
        return 'writable';
    },
];

$report = ['ok' => true];
foreach ($checks as $name => $check) {
    $start = hrtime(true);
    try {
        $report[$name] = ['ok' => true, 'result' => $check()];
    } catch (\Throwable $error) {
        $report['ok'] = false;
        $report[$name] = ['ok' => false, 'result' => $error->getMessage()];
    }
    $report[$name]['ms'] = round((hrtime(true) - $start) / 1e6, 1);
}
http_response_code($report['ok'] ? 200 : 503);
header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode($report, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
