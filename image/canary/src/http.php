<?php
declare(strict_types=1);
namespace Canary;

function method(): string
{
    return $_SERVER['REQUEST_METHOD'];
}

/** A parameter of the query string, as text; arrays are not text. */
function parameter(string $name): ?string
{
    $value = $_GET[$name] ?? null;
    return is_string($value) ? $value : null;
}

/** A whole number from the query string, kept within bounds. */
function number(string $name, int $default, int $least, int $most): int
{
    $text = parameter($name);
    return max($least, min($most, $text === null || !preg_match('/^\d{1,18}$/', $text) ? $default : (int) $text));
}

/** A field of the posted form. */
function field(string $name): string
{
    $value = $_POST[$name] ?? '';
    return is_string($value) ? trim($value) : '';
}

/** Headers that every answer carries. */
function headers(int $status, string $type): void
{
    http_response_code($status);
    header("Content-Type: $type");
    header('Cache-Control: no-store');
    header('X-Served-By: ' . (identity()['task'] ?? identity()['host']));
    header('X-Release: ' . preg_replace('/[^\x20-\x7e]/', '', identity()['release']));
    header('X-Content-Type-Options: nosniff');
    header("Content-Security-Policy: default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    header('Referrer-Policy: no-referrer');
}

function json(int $status, array $body): never
{
    headers($status, 'application/json');
    echo json_encode($body + ['by' => identity()['task'] ?? identity()['host']], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    exit;
}

function html(int $status, string $title, string $body): never
{
    headers($status, 'text/html; charset=utf-8');
    echo page($title, $body);
    exit;
}

function redirect(string $path): never
{
    headers(303, 'text/plain');
    header("Location: $path");
    exit;
}

/** Whether the visitor came by TLS: said by the connection, or by a proxy whose address is trusted. */
function secure(): bool
{
    return ($_SERVER['HTTPS'] ?? '') === 'on' || (from_proxy() && ($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https');
}

/** The visitor's address; what X-Forwarded-For says counts only from a trusted proxy, and only its last entry. */
function visitor(): string
{
    $hops = array_map('trim', explode(',', $_SERVER['HTTP_X_FORWARDED_FOR'] ?? ''));
    $last = end($hops);
    return from_proxy() && filter_var($last, FILTER_VALIDATE_IP) ? $last : $_SERVER['REMOTE_ADDR'];
}

function from_proxy(): bool
{
    $peer = inet_pton($_SERVER['REMOTE_ADDR']);
    foreach (\Stack\environment_list('PROXY_CIDRS') as $range) {
        [$network, $bits] = explode('/', $range, 2) + [1 => ''];
        $network = @inet_pton($network);
        if ($network === false || strlen($network) !== strlen($peer)) {
            continue;
        }
        $bits = $bits === '' ? strlen($network) * 8 : (int) $bits;
        $mask = str_repeat("\xff", intdiv($bits, 8)) . ($bits % 8 ? chr(0xff << (8 - $bits % 8) & 0xff) : '');
        $mask = str_pad($mask, strlen($network), "\0");
        if (($peer & $mask) === ($network & $mask)) {
            return true;
        }
    }
    return false;
}
