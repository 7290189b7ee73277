<?php
declare(strict_types=1);
namespace Canary;

/**
 * Sessions live in the database, so that any task continues them and no stickiness is needed. Cookie and login token
 * are random; the database holds their SHA-256 only, so that a copy of it lets nobody in.
 */
final class Session
{
    private function __construct(public readonly string $id, public readonly bool $editor, public readonly string $formToken, public readonly int $visits)
    {
    }

    public static function current(): ?self
    {
        $cookie = $_COOKIE['CANARY'] ?? '';
        if (!is_string($cookie) || !preg_match('/^[0-9a-f]{64}$/', $cookie)) {
            return null;
        }
        $row = query('SELECT editor, form_token, visits FROM canary_session WHERE id = ? AND at > NOW() - INTERVAL 1 DAY', [hash('sha256', $cookie)])->fetch();
        return $row ? new self(hash('sha256', $cookie), (bool) $row['editor'], $row['form_token'], (int) $row['visits']) : null;
    }

    public static function start(bool $editor): self
    {
        $cookie = bin2hex(random_bytes(32));
        $session = new self(hash('sha256', $cookie), $editor, bin2hex(random_bytes(16)), 0);
        query('INSERT INTO canary_session (id, editor, form_token, at) VALUES (?, ?, ?, NOW())', [$session->id, (int) $editor, $session->formToken]);
        setcookie('CANARY', $cookie, ['path' => '/', 'httponly' => true, 'samesite' => 'Lax', 'secure' => secure()]);
        return $session;
    }

    /** Counts this visit and returns the count so far. */
    public function visit(): int
    {
        query('UPDATE canary_session SET visits = visits + 1, at = NOW() WHERE id = ?', [$this->id]);
        return (int) query('SELECT visits FROM canary_session WHERE id = ?', [$this->id])->fetchColumn();
    }

    public function end(): void
    {
        query('DELETE FROM canary_session WHERE id = ?', [$this->id]);
    }
}

/** Registers a one-time login for an hour, by the SHA-256 of its token. */
function allow_login(string $token_hash): void
{
    query('INSERT INTO canary_login VALUES (?, NOW() + INTERVAL 1 HOUR)', [$token_hash]);
}

/** Uses a login token up. Of several requests with the same token, one is let in. */
function use_login(string $token): bool
{
    return query('DELETE FROM canary_login WHERE id = ? AND expires > NOW()', [hash('sha256', $token)])->rowCount() === 1;
}

/** GET /login?token=…: a one-time link becomes a session. */
function log_in(): never
{
    // A HEAD is a preview by a mail or chat program: it must not use the link up.
    if (method() !== 'GET' || !use_login(parameter('token') ?? '')) {
        html(403, 'This login link is used up', '<p>A link works once, within an hour. Ask for a new one: <code>site login --uri=URL</code> in a task of this site.</p>');
    }
    Session::start(editor: true);
    redirect('/');
}

/** The editor's session, or a page that says how to get one. */
function require_editor(): Session
{
    $session = Session::current();
    if ($session === null || !$session->editor) {
        html(403, 'Log in first', '<p>Only the editor may do this. A one-time login link is printed by <code>site login --uri=URL</code>, run in a task of this site.</p>');
    }
    return $session;
}

function require_form_token(Session $session): void
{
    if (!hash_equals($session->formToken, field('form_token'))) {
        html(403, 'This form is not from here', '<p>The form did not carry the token of this session. Open it again and send it from there.</p>');
    }
}
