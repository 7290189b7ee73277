<?php
declare(strict_types=1);
namespace Canary;

const IMAGE_TYPES = [IMAGETYPE_PNG => 'png', IMAGETYPE_JPEG => 'jpg', IMAGETYPE_GIF => 'gif', IMAGETYPE_WEBP => 'webp'];
const IMAGE_BYTES = 10 << 20;

class Refused extends \RuntimeException
{
}

/**
 * Takes an uploaded image into the shared files directory and returns its name there. The name comes from the content
 * and the type that was found in it, never from the visitor.
 */
function store_image(array $upload): string
{
    if ($upload['error'] !== UPLOAD_ERR_OK) {
        throw new Refused("The image did not arrive (upload error {$upload['error']}).");
    }
    if ($upload['size'] > IMAGE_BYTES) {
        throw new Refused('The image is larger than 10 MiB.');
    }
    $info = @getimagesize($upload['tmp_name']);
    $extension = $info === false ? null : IMAGE_TYPES[$info[2]] ?? null;
    if ($extension === null) {
        throw new Refused('That file is not a PNG, JPEG, GIF or WebP image.');
    }
    $name = substr((string) hash_file('sha256', $upload['tmp_name']), 0, 32) . ".$extension";
    put_file($name, (string) file_get_contents($upload['tmp_name']));
    return $name;
}

/** Writes a file of the shared directory so that a reader in another task sees all of it or nothing. */
function put_file(string $name, string $content): void
{
    if (!is_dir(FILES) && !@mkdir(FILES, 02775, true) && !is_dir(FILES)) {
        throw new \RuntimeException('the shared files directory is not writable: ' . dirname(FILES));
    }
    $new = FILES . '/.' . $name . '.' . bin2hex(random_bytes(6));
    if (@file_put_contents($new, $content) !== strlen($content) || !rename($new, FILES . "/$name")) {
        @unlink($new);
        throw new \RuntimeException('cannot write to the shared files directory: ' . FILES);
    }
}

function create_article(): never
{
    $session = require_editor();
    require_form_token($session);
    $title = field('title');
    try {
        if ($title === '' || mb_strlen($title) > 200) {
            throw new Refused('A title is needed, of at most 200 characters.');
        }
        if (strlen(field('body')) > 60000) {
            throw new Refused('The text is longer than 60,000 bytes.');
        }
        $upload = $_FILES['image'] ?? null;
        $image = is_array($upload) && $upload['error'] !== UPLOAD_ERR_NO_FILE ? store_image($upload) : null;
    } catch (Refused $refused) {
        html(422, 'Not saved', '<p>' . text($refused->getMessage()) . '</p>' . article_form($session));
    }
    query('INSERT INTO canary_article (title, body, image, written_by, at) VALUES (?, ?, ?, ?, NOW(6))', [$title, field('body'), $image, identity()['host']]);
    redirect('/article/' . database()->lastInsertId());
}

function show_article(int $id): never
{
    $article = query('SELECT * FROM canary_article WHERE id = ?', [$id])->fetch();
    if ($article === false) {
        html(404, 'No such article', '');
    }
    html(200, $article['title'], article_body($article));
}

/** The newest articles, at most fifty. */
function articles(): array
{
    return query('SELECT id, title, image, at FROM canary_article ORDER BY id DESC LIMIT 50')->fetchAll();
}
