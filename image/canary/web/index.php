<?php
declare(strict_types=1);
namespace Canary;

// The only page script: method and path decide. What each does stands in src/.
require dirname(__DIR__) . '/src/bootstrap.php';

$path = rtrim((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), '/') ?: '/';
$request = (method() === 'HEAD' ? 'GET' : method()) . " $path";

try {
    match ($request) {
        'GET /' => home(),
        'GET /login' => log_in(),
        'GET /article/new' => html(200, 'Write an article', article_form(require_editor())),
        'POST /article/new' => create_article(),
        default => null,
    };
    if (preg_match('#^GET /article/([1-9][0-9]{0,8})$#', $request, $match)) {
        show_article((int) $match[1]);
    }
    // The instruments write rows and files for anyone who asks: DRILLS=off closes them on a site that is open to the world.
    if (\Stack\environment('DRILLS') !== 'off') {
        match ($request) {
            'GET /api' => json(200, ['served_by' => identity(), 'client' => client()] + state()),
            'POST /write' => write_row(),
            'GET /read' => read_rows(),
            'GET /session' => count_visit(),
            'GET /slow' => slow(),
            'GET /burn' => burn(),
            'GET /boom' => throw new \LogicException('canary: asked to fail'),
            default => null,
        };
        // Plain data only: these files are served from the site's own origin.
        if (preg_match('#^(GET|PUT) /file/([A-Za-z0-9_-]{1,48}\.(?:txt|bin))$#', $request, $match)) {
            $match[1] === 'PUT' ? put_shared_file($match[2]) : read_shared_file($match[2]);
        }
    }
    json(404, ['error' => 'no such page']);
} catch (\PDOException $error) {
    if ($error->getCode() === NO_TABLE) {
        header('Retry-After: 5');
        json(503, ['error' => 'this site is not installed', 'do' => 'run the install task of this image']);
    }
    event('db_error', ['error' => $error->getMessage()]);
    header('Retry-After: 1');
    json(503, ['error' => 'database']);
}
