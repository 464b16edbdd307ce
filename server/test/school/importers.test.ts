import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  importCommentaryLines,
  importCommentaryTurtle,
} from '../../src/school/importers/commentary.ts';
import {
  importCourseLines,
  importCourseTable,
  importCourseTurtle,
  withPrerequisites,
} from '../../src/school/importers/course-of-study.ts';
import { readCsv } from '../../src/school/importers/csv.ts';
import { importLehrplan } from '../../src/school/importers/lehrplan.ts';
import { importOak } from '../../src/school/importers/oak.ts';
import { importTable } from '../../src/school/importers/tables.ts';
import type { Item, PackPassage } from '../../src/school/schema.ts';

const file = (name: string, text: string) => ({ name, text, sha256: '0'.repeat(64) });
const items = (rows: { readonly items?: readonly Item[] }): readonly Item[] => rows.items ?? [];

const cos = 'https://w3id.org/jp-cos/';
const course = file(
  'course.ttl',
  `@prefix dct: <http://purl.org/dc/terms/>.
@prefix cs: <${cos}>.
@prefix schema: <http://schema.org/>.
<${cos}8260243000000000> schema:description "２ 内容" ; cs:grade "4" ;
  cs:subjectArea <${cos}Elementary/2017/理科> ; schema:hasPart <${cos}8260243100000000> .
<${cos}8260243100000000> schema:description """空気と水。
二行目。""" ; cs:subjectArea <${cos}Elementary/2017/%E7%90%86%E7%A7%91> .
<${cos}8260200L00000000> schema:description "両学年" ; cs:grade "1,2" .
<${cos}not-a-code> schema:description "x" .
`,
);

describe("Japan's course of study", () => {
  test('is read from linked data: texts, years, subjects and parents', () => {
    const { rows, subjects } = importCourseTurtle([course]);
    expect(
      items(rows).map(({ code, years, subject, parent }) => [code, years, subject, parent]),
    ).toEqual([
      ['8260243000000000', [4], 'science', null],
      ['8260243100000000', [4], 'science', '8260243000000000'],
      ['8260200L00000000', [1, 2], null, null],
    ]);
    expect(subjects.map(({ id }) => id)).toEqual(['science']);
  });

  test('takes what has to be learnt first from a file of links', () => {
    const links = file(
      'links.ttl',
      `@prefix cs: <${cos}>.
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#>.
<${cos}8260243100000000> cs:basicItem [ rdfs:value <${cos}8260243000000000> ] ;
  cs:advancedItem [ rdfs:value <${cos}8260200L00000000> ] .`,
    );
    const linked = withPrerequisites(items(importCourseTurtle([course]).rows), [links]);
    expect(linked.map(({ prerequisites }) => prerequisites)).toEqual([
      [],
      ['8260243000000000'],
      [],
    ]);
  });

  test('is read from JSON lines and from the page of tables alike', () => {
    const lines = file(
      'course.jsonl',
      [
        { code: '82200L0000000000', address: '(9)', text: '第２節 社 会' },
        { code: '8220243000000000', address: '(1)', text: '２ 内 容 & <まとめ>' },
        { code: '', address: '', text: 'no code' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const cell = (name: string, value: string): string =>
      `<tr><td style="width: 1px">${name}</td><td>\n ${value}\n</td></tr>`;
    const table = file(
      'course.html',
      `<table><td><ul>${cell('学習指導要領コード', '82200L0000000000')}${cell('番地', '')}${cell(
        '学習指導要領',
        '<b>第２節</b>　社　会',
      )}${cell('学習指導要領コード', '8220243000000000')}${cell(
        '学習指導要領',
        '２ 内 容 &amp; &lt;まとめ&gt;',
      )}${cell('学習指導要領コード', '')}${cell('学習指導要領', 'no code')}</ul></td></table>`,
    );
    const [first, second] = [importCourseLines(lines), importCourseTable(table)].map(({ rows }) =>
      items(rows).map(({ code, text, years, subject, parent }) => ({
        code,
        text: text.replaceAll(/\s+/g, ' '),
        years,
        subject,
        parent,
      })),
    );
    expect(second).toEqual(first);
    expect(first).toEqual([
      expect.objectContaining({ code: '82200L0000000000', years: [], parent: null }),
      expect.objectContaining({
        years: [4],
        subject: 'social-studies',
        parent: '82200L0000000000',
      }),
    ]);
  });

  test('refuses what holds no codes', () => {
    expect(() => importCourseTable(file('x.html', '<td>学習指導要領</td><td>y</td>'))).toThrow(
      expect.objectContaining({ code: 'pack_invalid' }),
    );
    expect(() => importCourseTurtle([file('x.ttl', '<a> <b')])).toThrow(
      expect.objectContaining({ code: 'pack_invalid' }),
    );
  });

  test('gives its commentary years and subject by code, and leaves strangers out', () => {
    const text = file(
      'c.ttl',
      `@prefix schema: <http://schema.org/>.
<https://w3id.org/jp-cos-commentary/1> schema:description "閉じ込めた空気を押す。" ;
  schema:about <${cos}8260243100000000> .
<https://w3id.org/jp-cos-commentary/2> schema:description "よそのこと。" ;
  schema:about <${cos}8260253100000000> .`,
    );
    const { rows, leftOut } = importCommentaryTurtle(
      [text],
      items(importCourseTurtle([course]).rows),
    );
    expect(rows.passages).toEqual([
      expect.objectContaining({
        id: '1',
        years: [4],
        subject: 'science',
        codes: ['8260243100000000'],
      }),
    ] satisfies Partial<PackPassage>[]);
    expect(leftOut).toHaveLength(1);
    expect(() => importCommentaryLines(file('c.jsonl', '\nnull\n'), [])).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('c.jsonl:2') }),
    );
  });
});

describe('other countries', () => {
  test('England: statements, units with their year, lesson points as passages, key words', () => {
    const oak = file(
      'oak.ttl',
      `@prefix curric: <https://w3id.org/uk/oak/curriculum/ontology/>.
@prefix o: <https://w3id.org/uk/oak/curriculum/oakcurriculum/>.
@prefix n: <https://w3id.org/uk/oak/curriculum/nationalcurriculum/>.
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#>.
@prefix skos: <http://www.w3.org/2004/02/skos/core#>.
@prefix schema: <http://schema.org/>.
n:subject-history a curric:Subject ; rdfs:label "History"@en .
n:scheme-history-key-stage-2 a curric:Scheme ; curric:isSchemeOf n:subject-history ;
  curric:coversKeyStage n:key-stage-2 .
n:contentdescriptor-rome a skos:Concept, curric:ContentDescriptor ; 
  skos:prefLabel "Rome\\n and Britain"@en .
n:progression a curric:Progression ; curric:isProgressionOf n:scheme-history-key-stage-2 ;
  curric:includesContentDescriptor n:contentdescriptor-rome .
o:programme a curric:Programme ; curric:coversYearGroup n:year-group-5 ;
  curric:hasUnitVariantInclusion o:pos-1 .
o:pos-1 curric:includesUnitVariantChoice o:choice .
o:choice curric:hasUnitVariantOption o:variant-1 .
o:unit-1 a curric:Unit ; rdfs:label "Who came?"@en ; curric:isUnitOf n:scheme-history-key-stage-2 .
o:variant-1 a curric:UnitVariant ; curric:isUnitVariantOf o:unit-1 ;
  curric:hasLessonInclusion o:i1 .
o:i1 curric:includesLesson o:lesson-1 .
o:lesson-1 rdfs:label "Roads"@en ; curric:hasKeyLearningPoint o:k1 ; curric:hasMisconception o:m1 .
o:k1 rdfs:label "Roads were straight."@en .
o:m1 curric:correction "Not all were."@en .
o:w a curric:Keyword ; schema:name "road"@en ; schema:description "a way"@en .`,
    );
    const { rows, subjects, leftOut } = importOak([oak]);
    expect(subjects).toEqual([{ id: 'history', title: { en: 'History' }, also: [] }]);
    expect(
      items(rows).map(({ code, text, years, subject }) => [code, text, years, subject]),
    ).toEqual([
      ['contentdescriptor-rome', 'Rome and Britain', [3, 4, 5, 6], 'history'],
      ['unit-1', 'Who came?', [5], 'history'],
    ]);
    expect(rows.passages).toEqual([
      expect.objectContaining({
        text: 'Roads were straight. Not all were.',
        codes: ['unit-1'],
        years: [5],
      }),
    ]);
    expect(rows.words).toEqual([expect.objectContaining({ word: 'road', meaning: 'a way' })]);
    expect(leftOut).toEqual([]);
  });

  test('Germany: subjects, and statements with the year and subject of what holds them', () => {
    const lehrplan = file(
      'lp.ttl',
      `@prefix lp: <https://w3id.org/lehrplan/ontology/>.
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#>.
@prefix owl: <http://www.w3.org/2002/07/owl#>.
@prefix dct: <http://purl.org/dc/terms/>.
lp:LP_0000004 rdfs:subClassOf lp:LP_0000001 .
lp:LP_9 rdfs:subClassOf lp:LP_0000349 .
lp:french a owl:NamedIndividual, lp:LP_0000004 ; rdfs:label "Französisch (KIM-Schulfach)" .
lp:LP_2000005 a lp:LP_0000009 ; dct:identifier 5 .
lp:whole a lp:LP_9 ; rdfs:label "Sprechen"@de ; lp:LP_0000537 lp:french ;
  lp:LP_0000026 lp:LP_2000005 ; lp:LP_0000008 lp:part .
lp:part a lp:LP_0000261 ; rdfs:label "Die Schülerinnen und Schüler grüßen."@de .`,
    );
    const { rows, subjects } = importLehrplan([lehrplan]);
    expect(subjects.map(({ title }) => title['de'])).toEqual(['Französisch']);
    expect(items(rows)).toEqual([
      expect.objectContaining({ code: 'whole', years: [5], subject: 's-french', parent: null }),
      expect.objectContaining({ code: 'part', years: [5], subject: 's-french', parent: 'whole' }),
    ]);
  });

  test('a ministry with tables: lists in a cell, quotes, and the row of what is wrong', () => {
    const source = { id: 'own', title: 'T', publisher: 'P', licence: 'CC0-1.0' };
    const table = file(
      'items.csv',
      '\uFEFFcode,text,years,subject,parent\r\nA,"say ""hello"", twice",1-3,english,\r\nB,two\nlines,4,,A\n',
    );
    expect(() => importTable('items', table, source)).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('row 3') }),
    );
    const good = file('items.csv', table.text.replace('two\nlines', '"two\nlines"'));
    expect(items(importTable('items', good, source).rows)).toEqual([
      expect.objectContaining({ text: 'say "hello", twice', years: [1, 2, 3], subject: 'english' }),
      expect.objectContaining({ text: 'two\nlines', years: [4], subject: null, parent: 'A' }),
    ]);
    const kanji = file('k.csv', '漢字,学年\n一,1\n右,1\n引,2\n');
    expect(importTable('characters', kanji, source).rows.characters).toEqual([
      { year: 1, characters: '一右', source: 'own' },
      { year: 2, characters: '引', source: 'own' },
    ]);
    expect(readCsv('a,b\n1,\n', 'x')).toEqual([{ a: '1', b: '' }]);
    expect(readCsv('a,b\n1,', 'x')).toEqual([{ a: '1', b: '' }]);
    for (const bad of ['a,a\n1,2', 'a\n"1', 'a\n"1"2', '']) {
      expect(() => readCsv(bad, 'x')).toThrow(expect.objectContaining({ code: 'pack_invalid' }));
    }
  });
});

const published = new URL('../../../../shared/data/education/curriculum-jp/', import.meta.url);
const absent = !existsSync(published);
const why = absent ? ' (skipped: the published course of study is not beside the project)' : '';

describe.skipIf(absent)(`what was published${why}`, () => {
  const read = (name: string) => file(name, readFileSync(new URL(name, published), 'utf8'));

  test('elementary social studies: 292 codes, and 309 paragraphs of commentary about them', () => {
    const { rows } = importCourseLines(read('elementary-2017-social-studies.jsonl'));
    expect(items(rows)).toHaveLength(292);
    // Only the subject itself stands above all others.
    expect(items(rows).filter(({ parent }) => parent === null)).toHaveLength(1);
    const commentary = importCommentaryTurtle([read('cs-commentary-part.ttl')], items(rows));
    expect(commentary.rows.passages).toHaveLength(309);
  });
});
