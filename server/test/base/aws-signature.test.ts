import { describe, expect, it } from 'vitest';
import {
  type RequestToSign,
  type SigningScope,
  emptySha256,
  encodeAwsPath,
  sha256,
  signAwsRequest,
} from '../../src/base/aws-signature.ts';

/** The examples of the S3 API reference, "Signature Calculations for the Authorization Header". */
const s3: SigningScope = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  service: 's3',
};
const s3Time = Date.UTC(2013, 4, 24);
const s3Request = (more: Partial<RequestToSign>): RequestToSign => {
  const payloadSha256 = more.payloadSha256 ?? emptySha256;
  return {
    method: 'GET',
    host: 'examplebucket.s3.amazonaws.com',
    path: '/',
    payloadSha256,
    ...more,
    headers: { 'x-amz-content-sha256': payloadSha256, ...more.headers },
  };
};

/** AWS's general test suite for signature version 4. */
const general: SigningScope = {
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  service: 'service',
};
const generalTime = Date.UTC(2015, 7, 30, 12, 36);
const generalRequest = (more: Partial<RequestToSign>): RequestToSign => ({
  method: 'GET',
  host: 'example.amazonaws.com',
  path: '/',
  payloadSha256: emptySha256,
  ...more,
});

function signature(request: RequestToSign, scope: SigningScope, nowMs: number): string {
  return /Signature=([0-9a-f]{64})$/.exec(
    signAwsRequest(request, scope, nowMs)['authorization'] ?? '',
  )![1];
}

describe('a signed request', () => {
  it.each([
    [
      'an object by range',
      s3Request({ path: '/test.txt', headers: { range: 'bytes=0-9' } }),
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'an object to store',
      s3Request({
        method: 'PUT',
        path: encodeAwsPath('/test$file.text'),
        headers: {
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        },
        payloadSha256: sha256('Welcome to Amazon S3.'),
      }),
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'a parameter without a value',
      s3Request({ query: [['lifecycle', '']] }),
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'a list, parameters in the wrong order',
      s3Request({
        query: [
          ['prefix', 'J'],
          ['max-keys', '2'],
        ],
      }),
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('has the signature that S3 publishes for %s', (_name, request, expected) => {
    expect(signature(request, s3, s3Time)).toBe(expected);
  });

  it.each([
    [
      'get-vanilla',
      generalRequest({}),
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'get-vanilla-query-order-key-case',
      generalRequest({
        query: [
          ['Param2', 'value2'],
          ['Param1', 'value1'],
        ],
      }),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-utf8',
      generalRequest({ path: '/ሴ' }),
      '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    ],
    [
      'post-vanilla',
      generalRequest({ method: 'POST' }),
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'post-x-www-form-urlencoded',
      generalRequest({
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payloadSha256: sha256('Param1=value1'),
      }),
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'post-sts-header-before',
      generalRequest({ method: 'POST' }),
      '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    ],
  ])('has the signature of the general test suite for %s', (name, request, expected) => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXm' +
      'xfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburED' +
      'y0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL6' +
      '4lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    const credentials = name.includes('sts')
      ? { ...general.credentials, sessionToken }
      : general.credentials;
    expect(signature(request, { ...general, credentials }, generalTime)).toBe(expected);
  });

  it('encodes the path once more for every service but S3', () => {
    const path = encodeAwsPath('/model/vendor.model-v1:0/invoke');
    expect(path).toBe('/model/vendor.model-v1%3A0/invoke');
    const once = signature(generalRequest({ path }), { ...general, service: 's3' }, generalTime);
    const twice = signature(generalRequest({ path }), general, generalTime);
    const raw = { ...general, service: 's3' };
    expect(once).not.toBe(twice);
    expect(signature(generalRequest({ path: encodeAwsPath(path) }), raw, generalTime)).not.toBe(
      once,
    );
  });

  it('sends what it signed and shows neither the secret nor more than it must', () => {
    const headers = signAwsRequest(s3Request({ path: '/test.txt' }), s3, s3Time);
    expect(headers).toMatchObject({
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': emptySha256,
    });
    expect(headers['authorization']).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date,',
    );
    expect(JSON.stringify(headers)).not.toContain(s3.credentials.secretAccessKey);
  });
});
