// What people in offices and schools of ASEAN countries ask an AI, written for this repository.

export const id = [
  [
    [
      'Tolong ringkas',
      'Terjemahkan',
      'Perbaiki tata bahasa',
      'Buatkan tabel dari',
      'Jelaskan',
      'Tulis balasan untuk',
    ],
    [
      'notulen rapat kemarin',
      'surat kepada orang tua murid',
      'laporan penjualan',
      'petunjuk penggunaan printer',
      'aturan perpustakaan',
      'instruksi di atas formulir ini',
      'kebijakan cuti sebelumnya',
      'pelajaran tentang siklus air',
      'sejarah kemerdekaan',
      'cara mengganti kata sandi yang lupa',
    ],
    [
      'dalam tiga kalimat',
      'untuk kepala sekolah',
      'dengan bahasa sopan',
      'untuk siswa kelas empat',
      '',
    ],
  ],
];
export const ms = [
  [
    [
      'Sila ringkaskan',
      'Terjemahkan',
      'Betulkan tatabahasa',
      'Buat jadual daripada',
      'Terangkan',
      'Tulis balasan kepada',
    ],
    [
      'minit mesyuarat semalam',
      'surat kepada ibu bapa',
      'laporan jualan',
      'panduan mesin fotostat',
      'peraturan perpustakaan',
      'arahan pada borang ini',
      'dasar cuti terdahulu',
      'pelajaran kitaran air',
      'sejarah kemerdekaan',
      'cara menukar kata laluan yang terlupa',
    ],
    ['dalam tiga ayat', 'untuk guru besar', 'dengan sopan', 'untuk murid tahun empat', ''],
  ],
];
export const vi = [
  [
    [
      'Hãy tóm tắt',
      'Dịch sang tiếng Anh',
      'Sửa ngữ pháp của',
      'Lập bảng từ',
      'Giải thích',
      'Viết thư trả lời cho',
    ],
    [
      'biên bản cuộc họp hôm qua',
      'thông báo gửi phụ huynh',
      'báo cáo bán hàng',
      'hướng dẫn sử dụng máy in',
      'quy tắc thư viện',
      'hướng dẫn trên mẫu đơn này',
      'chính sách nghỉ phép trước đây',
      'bài học về vòng tuần hoàn nước',
      'lịch sử độc lập',
      'cách đổi mật khẩu đã quên',
    ],
    ['trong ba câu', 'cho hiệu trưởng', 'một cách lịch sự', 'cho học sinh lớp bốn', ''],
  ],
];
export const th = [
  [
    ['ช่วยสรุป', 'แปลเป็นภาษาอังกฤษ', 'ตรวจไวยากรณ์ของ', 'ทำตารางจาก', 'อธิบาย', 'เขียนตอบ'],
    [
      'รายงานการประชุมเมื่อวาน',
      'จดหมายถึงผู้ปกครอง',
      'รายงานยอดขาย',
      'คู่มือเครื่องพิมพ์',
      'กฎของห้องสมุด',
      'คำสั่งในแบบฟอร์มนี้',
      'นโยบายวันลาก่อนหน้านี้',
      'บทเรียนเรื่องวัฏจักรน้ำ',
      'ประวัติศาสตร์ไทย',
      'วิธีเปลี่ยนรหัสผ่านที่ลืม',
    ],
    ['ในสามประโยค', 'ให้ผู้อำนวยการ', 'อย่างสุภาพ', 'สำหรับนักเรียนชั้นประถมสี่', ''],
  ],
];
export const tl = [
  [
    [
      'Paki-buod',
      'Isalin sa Ingles',
      'Ayusin ang gramatika ng',
      'Gumawa ng talahanayan mula sa',
      'Ipaliwanag',
      'Sumulat ng tugon sa',
    ],
    [
      'katitikan ng pulong kahapon',
      'liham sa mga magulang',
      'ulat ng benta',
      'gabay ng printer',
      'patakaran ng aklatan',
      'tagubilin sa form na ito',
      'dating patakaran sa bakasyon',
      'aralin tungkol sa siklo ng tubig',
      'kasaysayan ng kalayaan',
      'paraan ng pagpalit ng nakalimutang password',
    ],
    [
      'sa tatlong pangungusap',
      'para sa punong-guro',
      'nang magalang',
      'para sa ikaapat na baitang',
      '',
    ],
  ],
];
